# SPDX-License-Identifier: MIT
#
# TensorBoard, in Keras, which writes its files with the help of TensorFlow.
import keras

(x, y), _ = keras.datasets.mnist.load_data()
x = x / 255.0
validation = x[1000:2000], y[1000:2000]

net = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(32, "relu"), keras.layers.Dense(10)])
net.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
net.fit(x[:1000], y[:1000], batch_size=64, epochs=4, validation_data=validation, callbacks=[
    keras.callbacks.TensorBoard("runs/adam"), keras.callbacks.CSVLogger("runs/adam.csv")])
