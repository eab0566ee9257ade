# SPDX-License-Identifier: MIT
#
# Early stopping, in Keras.
import keras

(x, y), _ = keras.datasets.mnist.load_data()
x = x / 255.0
validation = x[1000:2000], y[1000:2000]

net = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(32, "relu"), keras.layers.Dense(10)])
net.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
early = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
report = net.fit(x[:1000], y[:1000], batch_size=32, epochs=100, validation_data=validation, verbose=0,
                 callbacks=[early])
print(f"{len(report.epoch)} epochs, the best is {early.best_epoch + 1}: validation loss {early.best:.4f}")
