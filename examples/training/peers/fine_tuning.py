# SPDX-License-Identifier: MIT
#
# Fine-tuning, in Keras.
import keras

(x, y), (test_x, test_y) = keras.datasets.mnist.load_data()
x, y = x[:3000, :, :, None] / 255.0, y[:3000]
test_x, test_y = test_x[:2000, :, :, None] / 255.0, test_y[:2000]

body = keras.Sequential([
    keras.layers.Conv2D(8, 5, strides=2, activation="relu"), keras.layers.Conv2D(16, 3, strides=2, activation="relu"),
    keras.layers.Flatten()])
net = keras.Sequential([body, keras.layers.Dense(5)])
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
net.compile(keras.optimizers.Adam(0.003), loss)
net.fit(x[y < 5], y[y < 5], batch_size=50, epochs=5, verbose=0)

body.trainable = False
net.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
net.fit(x[y >= 5][:200], y[y >= 5][:200] - 5, batch_size=20, epochs=20, verbose=0)

accuracy = net.evaluate(test_x[test_y >= 5], test_y[test_y >= 5] - 5, verbose=0)[1]
print(f"accuracy on the digits 5 to 9: {accuracy:.4f}")
