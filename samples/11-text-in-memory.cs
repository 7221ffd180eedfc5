#:project ../src/MuonSharp.Training/MuonSharp.Training.csproj
#:project ../src/MuonSharp.Nn/MuonSharp.Nn.csproj
#:property PublishAot=false

// A language model on a text in memory, with a tokenizer of your own (words): dotnet run samples/11-text-in-memory.cs
using System.Text.Json.Nodes;
using MuonSharp.Nn;
using MuonSharp.Training;

string text = string.Concat(Enumerable.Range(0, 3000).Select(i => $"{"the a one".Split(' ')[i % 3]} {"cat dog bird fish".Split(' ')[i * 7 % 4]} {"sees hears follows".Split(' ')[i % 3]} me . "));
WordTokenizer tokenizer = new(text);
using LanguageTask task = LanguageTask.FromText(
    text,
    tokenizer,
    new LanguageModelConfig { Vocabulary = tokenizer.VocabularySize, Layers = 2, Heads = 2, Width = 32, Context = 16 },
    new LanguageTaskOptions { Batch = 8, Prompt = "the ", Sample = new GenerationOptions { Tokens = 15 } });
using Trainer trainer = Trainer.Create(task, new TrainerSettings { Steps = 150, EvaluateEvery = 50, SampleEvery = 150 });
await foreach (TrainingEvent happened in trainer.RunAsync())
{
    if (happened is EvaluationEvent evaluation) Console.WriteLine($"step {evaluation.Step}: {evaluation.Result}");
    if (happened is SampleEvent sample) Console.WriteLine(sample.Prompt + sample.Text);
}

/// <summary>A token for each different word, the blank after it included.</summary>
internal sealed class WordTokenizer : ITokenizer
{
    private readonly string[] _words;
    private readonly Dictionary<string, int> _tokens;

    public WordTokenizer(string text)
    {
        _words = [.. Split(text).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        _tokens = _words.Select((word, token) => (word, token)).ToDictionary(pair => pair.word, pair => pair.token, StringComparer.Ordinal);
    }

    public string Kind => "words";

    public int VocabularySize => _words.Length;

    public void Encode(ReadOnlySpan<char> text, List<int> tokens) => tokens.AddRange(Split(text.ToString()).Select(word => _tokens[word]));

    public int CutOf(ReadOnlySpan<char> text) => text.LastIndexOf(' ') + 1;

    public TokenDecoder NewDecoder() => TokenDecoder.OfText(token => _words[token]);

    public JsonObject ToJson() => new() { ["kind"] = Kind, ["words"] = new JsonArray([.. _words.Select(word => (JsonNode)word)]) };

    private static IEnumerable<string> Split(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word + " ");
}
