# SPDX-License-Identifier: MIT
#
# The learning-rate finder, in Lightning: Keras has none.
import lightning
import torch
from lightning.pytorch.tuner import Tuner
from torch import nn
from torch.utils.data import DataLoader, Subset
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor


class Net(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.lr = 1e-3
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))

    def training_step(self, batch, _):
        return nn.functional.cross_entropy(self.layers(batch[0]), batch[1])

    def test_step(self, batch, _):
        self.log("accuracy", (self.layers(batch[0]).argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), self.lr, momentum=0.9)


train = Subset(MNIST("data", transform=ToTensor(), download=True), range(3000))
test = Subset(MNIST("data", train=False, transform=ToTensor()), range(2000))
loader = DataLoader(train, batch_size=64, shuffle=True)
net = Net()
trainer = lightning.Trainer(max_epochs=5, logger=False, enable_checkpointing=False)
Tuner(trainer).lr_find(net, loader, min_lr=1e-5, max_lr=10)
trainer.fit(net, loader)
accuracy = trainer.test(net, DataLoader(test, batch_size=64))[0]["accuracy"]
print(f"learning rate {net.lr:.2g}, accuracy {accuracy:.4f}")
