using System.Text.Json.Nodes;
using MuonSharp.Optimizers;

namespace MuonSharp.Training.Tests.Trainers;

/// <summary>A small run on a small text, and what is left of it.</summary>
internal static class TestRun
{
    private static readonly string[] s_times = ["step_ms", "optimizer_ms"];

    public static string Text { get; } = EmbeddedCorpus.Read().Substring(20_000, 12_000);

    /// <summary>Big enough to be shared among workers, cut in blocks and packed.</summary>
    public static TrainingConfig Config(TemporaryFolder folder, int steps = 10)
    {
        return new()
        {
            Model = new()
            {
                Layers = 2,
                Heads = 2,
                Width = 64,
                Context = 96,
                Normalization = "rms-norm",
                Activation = "relu-squared",
                Positions = "rotary",
                TiedHead = false,
                Dropout = 0.1,
            },
            Data = new() { File = folder.Write("text.txt", Text) },
            Train = new() { Steps = steps, Batch = 4, Seed = 7, Threads = 2 },
            Optimizer = new() { LearningRate = 0.01, ClipNorm = 1, Schedule = new() { Warmup = 3 } },
            Evaluate = new() { Every = 4, Batch = 4 },
            Sample = new() { Every = 5, Tokens = 30 },
            Checkpoint = new() { Every = 3, Keep = 3 },
        };
    }

    /// <summary>The same without files and interruptions: only steps.</summary>
    public static TrainingConfig OnlySteps(TemporaryFolder folder, int steps)
    {
        TrainingConfig config = Config(folder, steps);
        return config with { Evaluate = config.Evaluate with { Every = null }, Sample = config.Sample with { Every = null } };
    }

    /// <summary>The language task of a trainer that a configuration composed.</summary>
    public static LanguageTask Language(Trainer trainer) => Assert.IsType<LanguageTask>(trainer.Task);

    public static async Task<List<TrainingEvent>> Run(Trainer trainer, CancellationToken cancellation = default)
    {
        List<TrainingEvent> events = [];
        await foreach (TrainingEvent happened in trainer.RunAsync(cancellation))
        {
            events.Add(happened);
        }

        return events;
    }

    /// <summary>Trains until a step was handed out, then asks to stop.</summary>
    public static async Task<List<TrainingEvent>> RunUntil(Trainer trainer, long step)
    {
        using CancellationTokenSource source = new();
        List<TrainingEvent> events = [];
        if (step == 0)
        {
            await source.CancelAsync();
        }

        await foreach (TrainingEvent happened in trainer.RunAsync(source.Token))
        {
            events.Add(happened);
            if (happened is StepEvent && happened.Step == step)
            {
                await source.CancelAsync();
            }
        }

        return events;
    }

    /// <summary>The bits of a training from its beginning to its end, in which every worker had tasks.</summary>
    /// <remarks>Where all cores are taken, a worker may come too late for every job of a run of some milliseconds. It is done again
    /// then, and must end with the same bits.</remarks>
    /// <param name="create">Makes the trainer.</param>
    /// <param name="runFolder">What it writes; emptied before another attempt.</param>
    public static async Task<string> BitsOfEveryWorker(Func<Trainer> create, string? runFolder = null)
    {
        string? expected = null;
        for (int attempt = 0; attempt < 100; attempt++)
        {
            if (attempt > 0 && runFolder is not null)
            {
                Directory.Delete(runFolder, recursive: true);
            }

            using Trainer trainer = create();
            await Run(trainer);
            Assert.Equal(trainer.Parts.Settings.Steps, trainer.Step);
            string bits = Bits(trainer);
            Assert.Equal(expected ??= bits, bits);
            if (Enumerable.Range(0, trainer.Description.Threads).All(worker => trainer.Task.Team.TasksOf(worker) > 0))
            {
                return bits;
            }
        }

        Assert.Fail("in 100 runs a worker ran no task");
        return "";
    }

    /// <summary>All weights and all of the optimizer's memory, bit by bit, and its counters.</summary>
    public static string Bits(Trainer trainer)
    {
        using System.Security.Cryptography.IncrementalHash hash = System.Security.Cryptography.IncrementalHash.CreateHash(new("SHA256"));
        foreach (Parameter parameter in trainer.Parameters.Parameters)
        {
            Add(parameter.Weights.Span);
        }

        foreach (StateTensor tensor in trainer.Parts.StateTensors)
        {
            Add(tensor.Memory.Span);
        }

        string counters = string.Join(",", trainer.Parts.Optimizer.SaveCounters().Select(pair => $"{pair.Key}={pair.Value}"));
        return Convert.ToHexString(hash.GetHashAndReset()) + counters;

        void Add(Span<float> values) => hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values));
    }

    /// <summary>The lines of a run's metrics without what may differ: times and memory.</summary>
    public static List<string> Metrics(string runFolder)
    {
        List<string> lines = [];
        foreach (string line in File.ReadLines(new RunFolder(runFolder).MetricsPath))
        {
            JsonObject json = JsonNode.Parse(line)!.AsObject();
            if ((string?)json["kind"] == "step")
            {
                string speed = json.Single(pair => pair.Key.EndsWith("_per_second", StringComparison.Ordinal)).Key;
                Assert.All(s_times.Append(speed), time => Assert.True(json.Remove(time), $"{time} is missing"));
                _ = json.Remove("working_set_bytes");
                _ = json.Remove("managed_bytes");
            }

            lines.Add(json.ToJsonString());
        }

        return lines;
    }
}
