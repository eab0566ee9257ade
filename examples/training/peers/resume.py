# SPDX-License-Identifier: MIT
#
# Resume after Ctrl-C, in Keras: resume.py FOLDER. It continues with the last whole epoch before Ctrl-C, and shuffles
# the images of the others in another order than an uninterrupted training.
import sys

import keras

(x, y), _ = keras.datasets.mnist.load_data()
x, y = x[:3000] / 255.0, y[:3000]

net = keras.Sequential([
    keras.layers.Flatten(), keras.layers.Dense(64, "relu"), keras.layers.Dropout(0.1), keras.layers.Dense(10)])
schedule = keras.optimizers.schedules.CosineDecay(0.001, decay_steps=470)
net.compile(keras.optimizers.Adam(schedule), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
try:
    net.fit(x, y, batch_size=64, epochs=10, verbose=2, callbacks=[
        keras.callbacks.BackupAndRestore(sys.argv[1], delete_checkpoint=False)])
    print("finished")
except KeyboardInterrupt:
    print("stopped")
