# SPDX-License-Identifier: MIT
#
# An autoencoder, in Keras.
import keras

(digits, _), _ = keras.datasets.mnist.load_data()
digits = digits[:2000] / 255.0

net = keras.Sequential([
    keras.layers.Flatten(), keras.layers.Dense(32, "relu"), keras.layers.Dense(784, "sigmoid"),
    keras.layers.Reshape((28, 28))])
net.compile("adam", "mse", metrics=["mae"])
net.fit(digits, digits, batch_size=64, epochs=10, verbose=0)

error = net.evaluate(digits, digits, verbose=0)[1]
print(f"a pixel is off by {error:.4f}")
