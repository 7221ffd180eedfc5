#:project ../src/MuonSharp.Training/MuonSharp.Training.csproj
#:property PublishAot=false

// Trains a small character model for a hundred steps: dotnet run samples/01-train.cs [run folder]
using MuonSharp.Training;

string run = args.Length > 0 ? args[0] : "runs/sample";
TrainingConfig config = TrainingConfig.FromPreset("nanogpt-cpu")
    .Set("train.steps", "100").Set("evaluate.every", "50").Set("sample.every", "-1");

using Trainer trainer = Trainer.Create(config, run);
await foreach (TrainingEvent happened in trainer.RunAsync())
{
    if (happened is StepEvent step && step.Step % 10 == 0) Console.WriteLine($"step {step.Step}: loss {step.SmoothedLoss:F3}");
    if (happened is EvaluationEvent evaluation) Console.WriteLine($"held-out loss {evaluation.Result["val_loss"]:F3} nats per character");
}
