using System.Diagnostics;
using System.Security.Cryptography;
using MuonSharp.Training;

namespace MuonSharp.Consumer;

/// <summary>A process that trains a task of one's own is killed at random moments; whoever resumes ends with the bits of a run that nobody killed.</summary>
public sealed class KillTests : IDisposable
{
    private const string FolderVariable = "MUONSHARP_CONSUMER_RUN";
    private const string TaskVariable = "MUONSHARP_CONSUMER_TASK";
    private const int Moments = 6;

    /// <summary>A checkpoint after every step, so that most moments fall into the writing of one.</summary>
    private static readonly TrainerSettings s_settings = new() { Steps = 80, Accumulation = 3, EvaluateEvery = 10, CheckpointEvery = 1 };

    private readonly string _folder = Directory.CreateTempSubdirectory("muonsharp-kill-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory(Explicit = true)]
    [InlineData("regression")]
    [InlineData("classification")]
    public void Killed_at_random_moments_a_run_resumes_and_ends_with_the_same_bits(string task)
    {
        float[] whole = Train(task, Path.Combine(_folder, "whole"));
        for (int moment = 0, runs = 0; moment < Moments; runs++)
        {
            string run = Path.Combine(_folder, $"killed-{runs}");
            (string situation, bool ended) = KillOne(task, run, moment);

            // One that came to its end before it was killed does not count; it is looked at all the same.
            moment += ended ? 0 : 1;
            float[] resumed = Train(task, run);
            Assert.True(whole.AsSpan().SequenceEqual(resumed), $"{task}, {situation}: other weights than those of the whole run");
            Assert.Equal(Losses(Path.Combine(_folder, "whole")), Losses(run));
        }
    }

    /// <summary>What the process to be killed does. In a run of all tests nobody kills it, and it trains to its end.</summary>
    [Fact(Explicit = true)]
    public void Trains_until_somebody_kills_it()
    {
        string? named = Environment.GetEnvironmentVariable(FolderVariable);
        string folder = named ?? Directory.CreateTempSubdirectory("muonsharp-").FullName;
        Assert.NotEmpty(Train(Environment.GetEnvironmentVariable(TaskVariable) ?? "regression", folder));
        if (named is null) Directory.Delete(folder, recursive: true);
    }

    /// <summary>Begins or resumes the run in a folder, and ends it.</summary>
    private static float[] Train(string task, string run)
    {
        bool classes = task == "classification";
        (SupervisedData training, SupervisedData heldOut) = (classes ? Points.Rings(400) : Points.Values(400)).Split(0.25);
        using Network network = new(training, heldOut, classes ? Objective.CrossEntropy() : Objective.Huber(0.5));
        using Trainer trainer = File.Exists(Path.Combine(run, "config.json"))
            ? Trainer.Resume(network.Task, s_settings, routes: null, run)
            : Trainer.Create(network.Task, s_settings, runFolder: run);
        foreach (TrainingEvent happened in trainer.RunAsync().ToBlockingEnumerable())
        {
            Assert.IsNotType<SkippedEvent>(happened);
        }

        return network.Weights();
    }

    private static (string Situation, bool Ended) KillOne(string task, string run, int moment)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(KillTests).Assembly.Location);
        }

        foreach (string argument in new[] { "-explicit", "only", "-method", $"{typeof(KillTests).FullName}.{nameof(Trains_until_somebody_kills_it)}" })
        {
            start.ArgumentList.Add(argument);
        }

        (start.Environment[FolderVariable], start.Environment[TaskVariable]) = (run, task);
        using Process process = Process.Start(start)!;
        string metrics = Path.Combine(run, "metrics.jsonl");
        int step = 1 + (moment * s_settings.Steps * 3 / 4 / Moments);
        while (!process.HasExited && !Written(metrics).Contains($"\"kind\":\"step\",\"step\":{step},", StringComparison.Ordinal))
        {
            Thread.Sleep(1);
        }

        int delay = RandomNumberGenerator.GetInt32(30);
        Thread.Sleep(delay);
        process.Kill();
        process.WaitForExit();
        return ($"killed {delay} ms after step {step}", Written(metrics).Contains("\"kind\":\"end\"", StringComparison.Ordinal));
    }

    private static string Written(string path)
    {
        if (!File.Exists(path))
        {
            return "";
        }

        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using StreamReader reader = new(file);
        return reader.ReadToEnd();
    }

    /// <summary>The losses of a run's metrics, step by step; each step stands there once.</summary>
    private static List<(long Step, double Loss)> Losses(string run)
    {
        List<(long Step, double Loss)> losses = [];
        using MetricsReader reader = new(Path.Combine(run, "metrics.jsonl"));
        while (reader.Next(out string? problem) is { } line)
        {
            Assert.Null(problem);
            if (line is StepLine step)
            {
                losses.Add((step.Step, step.Loss));
            }
        }

        return losses;
    }
}
