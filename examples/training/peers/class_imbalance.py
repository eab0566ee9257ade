# SPDX-License-Identifier: MIT
#
# Class imbalance, in Keras.
import keras

(x, y), (test_x, test_y) = keras.datasets.mnist.load_data()
x, y = x[:2000] / 255.0, y[:2000] == 8
test_x, test_y = test_x[:2000] / 255.0, test_y[:2000] == 8


def train_with(class_weight):
    net = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(32, "relu"), keras.layers.Dense(2)])
    net.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    net.fit(x, y, batch_size=64, epochs=5, class_weight=class_weight, verbose=0)
    predicted = net.predict(test_x, verbose=0).argmax(1)
    right = (predicted & test_y).sum()
    precision, recall = right / predicted.sum(), right / test_y.sum()
    f1 = 2 * right / (predicted.sum() + test_y.sum())
    print(f"precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}")


train_with(None)
train_with({0: 1, 1: 9})
