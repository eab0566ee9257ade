# SPDX-License-Identifier: MIT
#
# A callback of your own, in Keras.
import keras
import numpy as np

(x, y), _ = keras.datasets.mnist.load_data()
x = x / 255.0
validation = x[2000:3000], y[2000:3000]


# Prints the largest parameter of each epoch, and ends the training at an accuracy.
class Watch(keras.callbacks.Callback):
    def __init__(self, target):
        super().__init__()
        self.target = target

    def on_train_begin(self, logs=None):
        print(f"at most {self.params['epochs'] * self.params['steps']} steps")

    def on_epoch_end(self, epoch, logs=None):
        accuracy = logs["val_accuracy"]
        largest = max(np.abs(parameters).max() for parameters in self.model.get_weights())
        print(f"epoch {epoch + 1}: accuracy {accuracy:.3f}, largest parameter {largest:.3f}")
        self.model.stop_training = accuracy >= self.target


net = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(32, "relu"), keras.layers.Dense(10)])
net.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
net.fit(x[:2000], y[:2000], batch_size=64, epochs=50, validation_data=validation, verbose=0, callbacks=[Watch(0.85)])
