# SPDX-License-Identifier: MIT
#
# Cross-validation, in Keras with scikit-learn.
import keras
import numpy as np
from sklearn.model_selection import StratifiedKFold

(x, y), _ = keras.datasets.mnist.load_data()
x, y = x[:3000] / 255.0, y[:3000]

accuracies = []
for train, validation in StratifiedKFold(5, shuffle=True, random_state=1).split(x, y):
    net = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(32, "relu"), keras.layers.Dense(10)])
    net.compile(keras.optimizers.Adam(0.005), keras.losses.SparseCategoricalCrossentropy(from_logits=True),
                metrics=["accuracy"])
    net.fit(x[train], y[train], batch_size=50, epochs=5, verbose=0)
    accuracies.append(net.evaluate(x[validation], y[validation], verbose=0)[1])
    print(f"fold {len(accuracies)}: accuracy {accuracies[-1]:.4f}")
print(f"mean {np.mean(accuracies):.4f}")
