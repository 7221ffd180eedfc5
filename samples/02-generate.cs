#:project ../src/MuonSharp.Training/MuonSharp.Training.csproj
#:property PublishAot=false

// Writes a few lines with the model of 01-train.cs: dotnet run samples/02-generate.cs [run folder]
using MuonSharp.Training;

string run = args.Length > 0 ? args[0] : "runs/sample";
using TextGenerator generator = TextGenerator.FromRun(run);
foreach (string piece in generator.Generate("It is a truth", new GenerationOptions { Tokens = 200, Temperature = 0.7 }))
{
    Console.Write(piece);
}

Console.WriteLine();
