# SPDX-License-Identifier: MIT
#
# Metrics of your own, in Keras: a function of the outputs, and a type that adds up what it has seen.
import keras
from keras import ops


def confidence(y_true, logits):
    return ops.max(ops.softmax(logits), -1)


# The accuracy of the answers with each confidence, from 0 to 1 in ten steps.
class Reliability(keras.metrics.Metric):
    def __init__(self, **options):
        super().__init__(**options)
        self.right = self.add_weight(shape=(10,), initializer="zeros")
        self.count = self.add_weight(shape=(10,), initializer="zeros")

    def update_state(self, y_true, logits, sample_weight=None):
        step = ops.minimum(ops.floor(10 * confidence(y_true, logits)), 9)
        is_right = ops.equal(ops.argmax(logits, -1), ops.cast(ops.reshape(y_true, [-1]), "int64"))
        of_step = ops.one_hot(ops.cast(step, "int32"), 10)
        self.right.assign_add(ops.sum(of_step * ops.cast(is_right, "float32")[:, None], 0))
        self.count.assign_add(ops.sum(of_step, 0))

    def result(self):
        accuracies = self.right / ops.maximum(self.count, 1)
        return {f"confidence {step / 10:.1f}": accuracies[step] for step in range(10)}


(x, y), (test_x, test_y) = keras.datasets.mnist.load_data()
net = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(32, "relu"), keras.layers.Dense(10)])
net.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy", confidence, Reliability()])
net.fit(x[:2000] / 255.0, y[:2000], batch_size=64, epochs=5, verbose=0)
for name, value in net.evaluate(test_x / 255.0, test_y, verbose=0, return_dict=True).items():
    print(f"{name}: {value:.3f}")
