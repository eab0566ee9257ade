# SPDX-License-Identifier: MIT
#
# EMA, in Keras.
import keras

(x, y), (test_x, test_y) = keras.datasets.mnist.load_data()
x, y = x[:3000] / 255.0, y[:3000]
test_x, test_y = test_x[:2000] / 255.0, test_y[:2000]

net = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(64, "relu"), keras.layers.Dense(10)])
net.compile(keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.99),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
net.fit(x, y, batch_size=50, epochs=5, verbose=0)  # leaves the average in the network

of_average = net.evaluate(test_x, test_y, verbose=0)[1]
print(f"accuracy of the average {of_average:.4f}")
