#:project ../src/MuonSharp.Training/MuonSharp.Training.csproj
#:project ../src/MuonSharp.Nn/MuonSharp.Nn.csproj
#:project ../src/MuonSharp.Optimizers/MuonSharp.Optimizers.csproj
#:project ../src/MuonSharp.Numerics/MuonSharp.Numerics.csproj
#:property PublishAot=false

// Classification of arrays with everything that a run has: folder, metrics, checkpoints, resume. dotnet run samples/07-classification.cs [FOLDER]
using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;
using MuonSharp.Training;

string folder = Path.Combine(args.Length > 0 ? args[0] : "runs", $"spirals-{Environment.ProcessId}");
(SupervisedData training, SupervisedData heldOut) = Spirals(3000).Split(0.2);

ModelBuilder builder = new(seed: 1);
Linear first = new(builder, "first", 2, 64), second = new(builder, "second", 64, 64), last = new(builder, "last", 64, 3, role: ParameterRole.Head);
using Model model = builder.Build();
using SupervisedTask task = new(
    model,
    training,
    (Tape tape, Tensor x) => last.Record(tape, second.Record(tape, first.Record(tape, x, Activation.Relu), Activation.Relu)),
    Objective.CrossEntropy(labelSmoothing: 0.05),
    heldOut,
    new SupervisedTaskOptions { Batch = 100 });

using Trainer trainer = Trainer.Create(task, new TrainerSettings { Steps = 400, EvaluateEvery = 100, CheckpointEvery = 200 }, runFolder: folder);
await foreach (TrainingEvent happened in trainer.RunAsync())
{
    if (happened is EvaluationEvent evaluation) Console.WriteLine($"step {evaluation.Step}: {evaluation.Result}");
    if (happened is CheckpointEvent checkpoint) Console.WriteLine($"saved {Path.GetFileName(checkpoint.Folder)}");
}

// Three arms of a spiral: a point's class is its arm.
static SupervisedData Spirals(int points)
{
    float[] inputs = new float[2 * points], noise = new float[2 * points];
    int[] classes = new int[points];
    new RandomStream(seed: 1, "spirals").FillNormal(noise, 0, 0);
    for (int i = 0; i < points; i++)
    {
        classes[i] = i % 3;
        double radius = 0.1 + (0.9 * (i * 0.618033988749895 % 1)), angle = (4 * radius) + (classes[i] * 2 * Math.PI / 3) + (0.1 * noise[i]);
        (inputs[2 * i], inputs[(2 * i) + 1]) = ((float)(radius * Math.Cos(angle)), (float)(radius * Math.Sin(angle)));
    }

    return SupervisedData.OfNumbers(inputs, classes);
}
