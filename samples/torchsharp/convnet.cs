#:project ../../src/MuonSharp.TorchSharp/MuonSharp.TorchSharp.csproj
#:package libtorch-cpu-linux-x64
#:property PublishAot=false
#:property RuntimeIdentifier=linux-x64

// A convnet that learns to tell stripes apart by their direction, filters by Muon, in TorchSharp: dotnet run samples/torchsharp/convnet.cs [-- steps]
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using Muon = MuonSharp.TorchSharp.Muon;

const int Classes = 8, Size = 24, Batch = 64;
int steps = args.Length > 0 ? int.Parse(args[0]) : 60;
manual_seed(1);
using Sequential model = Sequential(
    ("conv1", Conv2d(1, 16, 3)), ("norm1", BatchNorm2d(16)), ("act1", GELU()), ("pool1", MaxPool2d(2)),
    ("conv2", Conv2d(16, 32, 3)), ("norm2", BatchNorm2d(32)), ("act2", GELU()), ("pool2", AdaptiveAvgPool2d(1)),
    ("flat", Flatten()), ("classes", Linear(32, Classes)));
using Muon muon = Muon.Routed(model, learningRate: 0.02, auxiliaryLearningRate: 3e-3, print: Console.Out);
optim.lr_scheduler.LRScheduler schedule = optim.lr_scheduler.CosineAnnealingLR(muon, steps);
for (int step = 1; step <= steps; step++)
{
    using DisposeScope scope = NewDisposeScope();
    (Tensor images, Tensor labels) = Stripes(Batch);
    muon.zero_grad();
    Tensor loss = functional.cross_entropy(model.call(images), labels);
    loss.backward();
    muon.step();
    schedule.step();
    if (step % 10 == 0) Console.WriteLine($"step {step}: loss {loss.item<float>():F3}");
}

model.eval();
using (no_grad())
{
    (Tensor images, Tensor labels) = Stripes(1000);
    Console.WriteLine($"right: {model.call(images).argmax(1).eq(labels).to(ScalarType.Float32).mean().item<float>():P1}");
}

// Waves in one of eight directions, of any length and phase, with noise.
static (Tensor Images, Tensor Labels) Stripes(int count)
{
    Tensor labels = randint(0, Classes, [count]), angle = (labels * (Math.PI / Classes)).reshape(-1, 1, 1), place = arange(Size).to(ScalarType.Float32);
    Tensor along = (angle.cos() * place.reshape(1, 1, -1)) + (angle.sin() * place.reshape(1, -1, 1));
    Tensor waves = ((along * (0.6 + (rand(count, 1, 1) * 0.6))) + (rand(count, 1, 1) * 6.28)).sin();
    return ((waves + (randn(count, Size, Size) * 0.5)).unsqueeze(1), labels);
}
