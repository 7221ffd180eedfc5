#:project ../src/MuonSharp.Training/MuonSharp.Training.csproj
#:property PublishAot=false

// A run that begins with the weights of a stored model, in a folder as Hugging Face's libraries have it: dotnet run samples/12-fine-tune.cs
using MuonSharp.Training;

string folder = Directory.CreateTempSubdirectory("fine-tune-").FullName;
string first = Path.Combine(folder, "first"), imported = Path.Combine(folder, "model"), second = Path.Combine(folder, "second"), poem = Path.Combine(folder, "poem.txt");
await File.WriteAllTextAsync(poem, string.Concat(Enumerable.Repeat("She walked, and walked, and thought of him; he rode, and rode, and thought of home. ", 40)));

// A model to import: here one of a hundred steps on the novels that come with the library; a folder that you have downloaded (config.json, safetensors, tokenizer.json) or a GGUF file will do.
TrainingConfig small = TrainingConfig.FromPreset("nanogpt-cpu")
    .Set("model.layers", "2").Set("model.width", "64").Set("train.steps", "100").Set("sample.every", "-1");
await Train(small, first);
ModelExport.ToHuggingFace(first, imported);

// The model and the tokenizer come with the weights; steps, learning rate and text are the new run's own. Another run's folder is a source too.
TrainingConfig tuned = TrainingConfig.FromPreset("nanogpt-cpu")
    .Set("train.from", imported).Set("data.file", poem).Set("train.steps", "40").Set("evaluate.every", "20").Set("optimizer.learningRate", "0.005").Set("sample.every", "-1");
await Train(tuned, second);
Directory.Delete(folder, recursive: true);

static async Task Train(TrainingConfig config, string run)
{
    using Trainer trainer = Trainer.Create(config, run);
    foreach ((string name, string value) in trainer.Description.Facts) Console.WriteLine($"{name}: {value}");
    await foreach (TrainingEvent happened in trainer.RunAsync())
    {
        if (happened is StepEvent { Step: 1 } step) Console.WriteLine($"first loss {step.SmoothedLoss:F3}");
        if (happened is EvaluationEvent evaluation) Console.WriteLine($"step {evaluation.Step}: {evaluation.Result}");
    }
}
