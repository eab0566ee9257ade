# SPDX-License-Identifier: MIT
#
# Augmentation, in Keras.
import keras

(x, y), (test_x, test_y) = keras.datasets.mnist.load_data()
x, y = x[:4000, :, :, None] / 255.0, y[:4000]
test_x, test_y = test_x[:2000, :, :, None] / 255.0, test_y[:2000]

turn = {"fill_mode": "constant"}
net = keras.Sequential([
    keras.layers.RandomRotation(10 / 360, **turn), keras.layers.RandomTranslation(0.1, 0.1, **turn),
    keras.layers.RandomZoom(0.1, **turn), keras.layers.RandomShear(0.09, **turn),
    keras.layers.Rescaling(1 / 0.3081, -0.1307 / 0.3081),
    keras.layers.Conv2D(8, 5, strides=2, activation="relu"), keras.layers.Conv2D(16, 3, activation="relu"),
    keras.layers.MaxPooling2D(), keras.layers.Flatten(), keras.layers.Dense(10)])
# The nearest to one cycle that Keras has.
schedule = keras.optimizers.schedules.CosineDecay(0.0004, decay_steps=140, warmup_target=0.01, warmup_steps=60)
net.compile(keras.optimizers.Adam(schedule), keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"])
net.fit(x, y, batch_size=100, epochs=5, verbose=0)

accuracy = net.evaluate(test_x, test_y, verbose=0)[1]
print(f"accuracy {accuracy:.4f}")
