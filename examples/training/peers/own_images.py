# SPDX-License-Identifier: MIT
#
# A network for your own images, in Keras: own_images.py FOLDER. Keras reads folders with the help of TensorFlow.
import sys

import keras

train, validation = keras.utils.image_dataset_from_directory(
    sys.argv[1], batch_size=32, image_size=(32, 32), seed=0, validation_split=0.2, subset="both")
classes = train.class_names
net = keras.Sequential([
    keras.layers.Rescaling(1 / 255), keras.layers.RandomFlip("horizontal"), keras.layers.ZeroPadding2D(4),
    keras.layers.RandomCrop(32, 32),
    keras.layers.Conv2D(16, 3, strides=2, padding="same"), keras.layers.BatchNormalization(), keras.layers.ReLU(),
    keras.layers.Conv2D(32, 3, strides=2, padding="same"), keras.layers.BatchNormalization(), keras.layers.ReLU(),
    keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(len(classes))])
# The nearest to one cycle that Keras has.
schedule = keras.optimizers.schedules.CosineDecay(
    0.00004, decay_steps=14 * len(train), warmup_target=0.001, warmup_steps=6 * len(train))
net.compile(keras.optimizers.Adam(schedule), keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"])
net.fit(train, epochs=20, verbose=0)
for images, labels in validation.take(1):
    for label, predicted in list(zip(labels, net.predict(images, verbose=0).argmax(1)))[:10]:
        print(f"{classes[label]} is taken for {classes[predicted]}")
accuracy = net.evaluate(validation, verbose=0)[1]
print(f"accuracy {accuracy:.4f}")
