#:project ../src/MuonSharp.Training/MuonSharp.Training.csproj
#:property PublishAot=false

// Measures the model of 01-train.cs on the text it has not seen: dotnet run samples/03-evaluate.cs [run folder]
using MuonSharp.Training;

string run = args.Length > 0 ? args[0] : "runs/sample";
using Evaluator evaluator = Evaluator.FromRun(run);
EvaluationResult result = evaluator.EvaluateValidation();
Console.WriteLine($"{result.Loss:F3} nats per character, {result.BitsPerByte:F3} bits per byte, over {result.Tokens:N0} characters");
