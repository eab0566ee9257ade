# SPDX-License-Identifier: MIT
#
# Class imbalance, in Keras.
import keras
from sklearn.metrics import classification_report

(x, y), (test_x, test_y) = keras.datasets.mnist.load_data()
x, y = x[:2000] / 255.0, y[:2000] == 8
test_x, test_y = test_x[:2000] / 255.0, test_y[:2000] == 8


def train_with(class_weight):
    net = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(32, "relu"), keras.layers.Dense(2)])
    net.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    net.fit(x, y, batch_size=64, epochs=5, class_weight=class_weight, verbose=0)
    predicted = net.predict(test_x, verbose=0).argmax(1)
    print(classification_report(test_y, predicted))


train_with(None)
train_with({0: 1, 1: 9})
