#:project ../src/MuonSharp.Training/MuonSharp.Training.csproj
#:project ../src/MuonSharp.Nn/MuonSharp.Nn.csproj
#:project ../src/MuonSharp.Formats/MuonSharp.Formats.csproj
#:project ../src/MuonSharp.Optimizers/MuonSharp.Optimizers.csproj
#:project ../src/MuonSharp.Numerics/MuonSharp.Numerics.csproj
#:property PublishAot=false

// A convolutional network on images that are drawn here; files are read by IdxFile, CifarFile and PictureFolders. dotnet run samples/13-images.cs [FOLDER]
using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;
using MuonSharp.Training;

const int Side = 16, Steps = 60;
string run = Path.Combine(args.Length > 0 ? args[0] : "runs", $"shapes-{Environment.ProcessId}");
string[] classes = ["disc", "square", "cross"];
ImageSet training = Draw(1500, "training"), heldOut = Draw(300, "held out");

// Filters are hidden matrices, so Muon steps them, at a rate that falls to 0; biases and the last layer are AdamW's.
ModelBuilder builder = new(seed: 1);
ImageNetwork network = ImageNetworks.Create(builder, "convnet", training.Shape, classes.Length, widths: [8, 16, 16]);
using Model model = builder.Build();
using ImageTask task = new(model, training, network.Layer.Record, heldOut, new ImageTaskOptions { Batch = 50, Flip = true });
using Trainer trainer = Trainer.Create(task, new TrainerSettings { Steps = Steps, EvaluateEvery = 20 }, Route.Muon(new MuonOptions { LearningRate = new LinearSchedule(0.02) }), run);
await foreach (TrainingEvent happened in trainer.RunAsync())
{
    if (happened is EvaluationEvent evaluation) Console.WriteLine($"step {evaluation.Step}: {evaluation.Result}");
}

for (int actual = 0; actual < classes.Length; actual++)
{
    Console.WriteLine($"{classes[actual]}: " + string.Join(", ", classes.Select((name, answer) => $"{task.Details!.Count(actual, answer)} taken for {name}")));
}

// Bright shapes of many sizes and places on a noisy ground.
ImageSet Draw(int count, string stream)
{
    byte[] pixels = new byte[count * Side * Side];
    int[] labels = new int[count];
    float[] random = new float[(Side * Side) + 3];
    RandomStream draws = new(seed: 1, stream);
    for (int i = 0; i < count; i++)
    {
        draws.FillNormal(random, step: 0, sample: (uint)i);
        labels[i] = i % classes.Length;
        double size = 4 + Math.Clamp(random[0], -1.5, 1.5), x = (Side / 2) + random[1], y = (Side / 2) + random[2];
        for (int at = 0; at < Side * Side; at++)
        {
            (double dx, double dy) = (Math.Abs((at % Side) - x), Math.Abs((at / Side) - y));
            bool inside = labels[i] switch { 0 => (dx * dx) + (dy * dy) < size * size, 1 => Math.Max(dx, dy) < size, _ => Math.Min(dx, dy) < 1.5 && Math.Max(dx, dy) < size };
            pixels[(i * Side * Side) + at] = (byte)Math.Clamp((inside ? 170 : 80) + (25 * random[at + 3]), 0, 255);
        }
    }

    return new(new ImageShape(1, Side, Side), pixels, labels, [.. classes]);
}
