# SPDX-License-Identifier: MIT
#
# Regression, in Keras.
import keras
import numpy as np

x = np.arange(1000, dtype="float32").reshape(-1, 1) / 500 - 1
y = np.sin(3 * x)

net = keras.Sequential([keras.layers.Dense(32, "tanh"), keras.layers.Dense(1)])
net.compile(keras.optimizers.Adam(0.01), keras.losses.Huber(), metrics=["mae"])
net.fit(x, y, batch_size=64, epochs=100, verbose=0)

error = net.evaluate(x, y, verbose=0)[1]
print(f"mean absolute error {error:.4f}")
