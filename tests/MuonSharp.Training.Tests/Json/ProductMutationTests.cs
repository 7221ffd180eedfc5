using System.Text;
using MuonSharp.Formats;
using MuonSharp.Formats.Tests;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Training.Tests.Json;

/// <summary>Every kind of JSON that the product reads, damaged a hundred thousand times: a clear line, or a valid result.</summary>
public sealed class ProductMutationTests
{
    private const int Mutations = 17_000;

    [Fact]
    public void Configurations()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("config.json");
        TrainingConfig whole = TrainingConfig.FromPreset("nanogpt-cpu");
        Each(whole.ToJson().ToJsonString(), path, bytes =>
        {
            File.WriteAllBytes(path, bytes);
            return new TrainingConfigBuilder().AddFile(path).Build();
        });
    }

    [Fact]
    public void States_of_checkpoints()
    {
        ParameterStoreBuilder builder = new();
        builder.Add("w", [2, 2], ParameterRole.Matrix);
        using ParameterStore store = builder.Build(gradients: true);
        using WorkerTeam team = new(1);
        using RoutedOptimizer optimizer = new(store, team: team);
        RunState state = new() { Step = 4, Validation = new EvaluationResult(2.5, 100, 110) };
        state.AddLoss(3);
        CheckpointContents contents = new()
        {
            Model = [],
            Optimizer = [],
            State = state.ToJson(new TrainingConfig(), "00ff", optimizer),
            RunFiles = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal) { ["tokenizer.json"] = "{}"u8.ToArray() },
        };
        string text = Encoding.UTF8.GetString(CheckpointState.ToBytes(4, new(512, "ab"), new(1024, "cd"), contents));
        Each(text, "state.json", bytes =>
        {
            CheckpointState read = CheckpointState.Parse(bytes, "state.json");
            _ = RunState.ConfigSha256(read.State) + RunState.DataSha256(read.State);
            return RunState.Read(read.State, read.Step, optimizer);
        });
    }

    [Fact]
    public void Comparisons()
    {
        const string Row = """{"label": "NAME", "name": "NAME", "step_ms": 12.5, "optimizer_ms": 1.5, "step_ratio": 1, "tokens_per_second": 1e5, "rounds_ms": [12.5, 12.25]}""";
        const string Text = """
            {"format": "muonsharp-compare/1", "steps": 40, "data": {"source": "a.txt", "sha256": "ab"}, "optimizers": [FIRST, SECOND],
             "environment": {"system": "linux"}, "base": {"model": {"layers": 2, "width": 64}, "train": {"steps": 40}}}
            """;
        string text = Text.Replace("FIRST", Row.Replace("NAME", "muon", StringComparison.Ordinal), StringComparison.Ordinal)
            .Replace("SECOND", Row.Replace("NAME", "adamw", StringComparison.Ordinal), StringComparison.Ordinal);
        Each(text, "compare.json", bytes => SavedComparison.Parse(bytes, "compare.json"));
    }

    [Fact]
    public void Tokenizers() => Each(
        Encoding.UTF8.GetString(TokenizerFile.ToBytes(CharacterTokenizer.FromText("It is a truth\nuniversally acknowledged, \u00e9\ud83d\ude00"))),
        "tokenizer.json",
        bytes =>
        {
            ITokenizer tokenizer = TokenizerFile.Parse(bytes, "tokenizer.json");
            for (int token = 0; token < tokenizer.VocabularySize; token++) _ = tokenizer.Bytes(token).Length;
            return tokenizer;
        });

    [Fact]
    public void Configurations_of_traces()
    {
        const string Groups = """
            {"optimizer": "muon", "preset": "normuon", "parameters": ["a", "b"], "learning_rate": [0.02, 0.01], "nesterov": true, "scale": "original", "beta2": 0.9, "orientation": "in-out", "coefficients": [[3, -4, 2], [2, -1.5, 0.5]]},
            {"optimizer": "shampoo", "parameters": ["c"], "block_size": 128, "grafting": "adam", "precondition_frequency": 10}, {"optimizer": "adamw", "parameters": ["d"], "beta1": 0.9, "epsilon": 1e-10}
            """;
        Each(TraceFile.Config(Groups), "trace.safetensors", bytes => TraceConfig.Parse(Encoding.UTF8.GetString(bytes), "trace.safetensors").Routes());
    }

    [Fact]
    public void Metrics()
    {
        using TemporaryFolder folder = new();
        RunFolder run = new(folder.Path);
        const string Lines = """
            {"kind":"step","step":1,"tokens":768,"loss":4.5,"lr":{"matrices":0.02,"auxiliary":0.003},"grad_norm":1.5,"max_logit":null,"head_max_logits":[[1.5,null],[2,3]]}
            {"kind":"eval","step":2,"val_loss":3.5,"bits_per_byte":5.1}
            {"kind":"end","step":2,"reason":"done"}

            """;

        // Damage in a line is what a reader tells, not what it throws.
        int damaged = 0;
        byte[] text = Encoding.UTF8.GetBytes(Lines);
        for (ulong seed = 0; seed < Mutations; seed++)
        {
            File.WriteAllBytes(run.MetricsPath, JsonMutation.Of(text, new Dice(seed)));
            RunCurves curves = RunCurves.Read(run);
            damaged += curves.DamagedLine is null ? 0 : 1;
            Assert.All(curves.Evaluations, point => Assert.False(double.IsNaN(point.Loss)));
            Assert.InRange(MetricsTrim.KeptBytes(run.MetricsPath, recorded: null, step: 1), 0, new FileInfo(run.MetricsPath).Length);
        }

        Assert.InRange(damaged, Mutations / 4, Mutations - (Mutations / 10));
    }

    private static void Each(string text, string path, Func<byte[], object> read)
    {
        byte[] whole = Encoding.UTF8.GetBytes(text);
        _ = read(whole);
        int refused = 0;
        for (ulong seed = 0; seed < Mutations; seed++)
        {
            byte[] bytes = JsonMutation.Of(whole, new Dice(seed));
            IReadOnlyList<string> problems = [];
            try
            {
                _ = read(bytes);
            }
            catch (InvalidFileException error)
            {
                problems = [error.Message];
            }
            catch (ConfigurationException error)
            {
                problems = error.Problems;
            }
            catch (Exception error)
            {
                Assert.Fail($"{seed}: {error}\n{Encoding.UTF8.GetString(bytes)}");
            }

            refused += problems.Count > 0 ? 1 : 0;
            Assert.All(problems, problem => Assert.True(
                problem.StartsWith('[') && problem.Length < 1100 && !problem.Any(letter => char.IsControl(letter) || letter is '\u202e' or '\u2028'), $"{seed}: {problem}"));
            Assert.All(problems, problem => Assert.True(problem.Contains(path, StringComparison.Ordinal) || !problem.Contains("JSON", StringComparison.Ordinal), $"{seed}: {problem}"));
        }

        // Both must occur, or nothing is being tested.
        Assert.InRange(refused, Mutations / 4, Mutations - 100);
    }
}
