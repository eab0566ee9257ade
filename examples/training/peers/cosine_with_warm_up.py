# SPDX-License-Identifier: MIT
#
# A cosine with warm-up, in Keras.
import keras

(x, y), (test_x, test_y) = keras.datasets.mnist.load_data()
x, y = x[:3000] / 255.0, y[:3000]
test_x, test_y = test_x[:2000] / 255.0, test_y[:2000]

net = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(64, "relu"), keras.layers.Dense(10)])
schedule = keras.optimizers.schedules.CosineDecay(0.0001, decay_steps=280, warmup_target=0.01, warmup_steps=20)
net.compile(keras.optimizers.AdamW(schedule, weight_decay=0.01),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
net.fit(x, y, batch_size=50, epochs=5, verbose=0)

accuracy = net.evaluate(test_x, test_y, verbose=0)[1]
print(f"accuracy {accuracy:.4f}")
