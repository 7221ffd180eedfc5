using MuonSharp.Formats;

namespace MuonSharp.Experiments.Tests.Replay;

/// <summary>Writes small recorded runs: two steps of one vector and one matrix, right unless a test makes them wrong.</summary>
internal sealed class TraceFile : IDisposable
{
    public const string Groups = """
        {"optimizer": "adamw", "parameters": ["gain"], "learning_rate": 0.1, "beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8, "weight_decay": 0.5}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("muonsharp-trace-").FullName;

    public string Path => System.IO.Path.Combine(_folder, "trace.safetensors");

    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal)
    {
        ["format"] = "muonsharp-trace/1",
        ["source"] = "a formula",
        ["config"] = Config(Groups),
    };

    public Dictionary<string, (long[] Shape, float[] Values)> Tensors { get; } = new(StringComparer.Ordinal)
    {
        ["initial/gain"] = ([3], [1, -2, 0.5f]),
        ["gradient/1/gain"] = ([3], [0.3f, -4, 1e-3f]),

        // The first step of AdamW moves by the learning rate against the gradient's sign; decay takes 0.1 · 0.5 of the weight.
        ["expected/1/gain"] = ([3], [1 - 0.1f - 0.05f, -2 + 0.1f + 0.1f, 0.5f - 0.1f - 0.025f]),
    };

    public static string Config(string groups, int steps = 2) => "{\"steps\": " + steps + ", \"groups\": [" + groups + "]}";

    public TraceFile With(string tensor, long[] shape, params float[] values)
    {
        Tensors[tensor] = (shape, values);
        return this;
    }

    public TraceFile Without(string tensor)
    {
        Assert.True(Tensors.Remove(tensor));
        return this;
    }

    public TraceFile WithConfig(string config)
    {
        Metadata["config"] = config;
        return this;
    }

    public Trace Open()
    {
        SafetensorsWriter.Write(Path, Tensors.Select(pair => new NamedTensor(pair.Key, pair.Value.Shape, pair.Value.Values)), Metadata);
        return Trace.Open(Path);
    }

    /// <summary>Opens and replays; the file is wrong, and the message says what.</summary>
    public void IsRefused(params string[] words)
    {
        InvalidFileException error = Assert.Throws<InvalidFileException>(() =>
        {
            using Trace trace = Open();
            TraceReplay.Run(trace, threads: 1);
        });
        Assert.StartsWith("[replay] " + Path, error.Message, StringComparison.Ordinal);
        Assert.All(words, word => Assert.Contains(word, error.Message, StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
