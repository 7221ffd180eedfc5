using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using MuonSharp.Distributed;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>One small training, done in several ways: by the tool in a process of its own, by ranks in this one, with a kill on the way.</summary>
internal sealed class BitRuns(ClaimWork work, int steps)
{
    private const int MostAttempts = 20;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    private static readonly string[] s_files = ["model.safetensors", "optimizer.safetensors"];

    private const string Preset = "nanogpt-cpu";

    public int Steps => steps;

    private KeyValuePair<string, string>[] Settings =>
    [
        new("model.layers", "2"), new("model.heads", "2"), new("model.width", "64"), new("train.batch", "8"), new("train.shards", "4"), new("train.steps", $"{steps}"),
        new("evaluate.every", $"{steps}"), new("sample.every", "-1"), new("checkpoint.every", $"{steps / 6}"), .. work.Options.Settings,
    ];

    /// <summary>SHA-256 of weights and optimizer's state after the last step; null where the run is not done.</summary>
    public string? Hash(string folder)
    {
        string[] files = [.. s_files.Select(name => Path.Combine(folder, "checkpoints", $"step-{steps:00000000}", name))];
        if (!files.All(File.Exists))
        {
            return null;
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string file in files)
        {
            hash.AppendData(File.ReadAllBytes(file));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Training loss by step.</summary>
    public static IReadOnlyList<(double, double)> Losses(string folder)
    {
        List<(double, double)> losses = [];
        using MetricsReader reader = new(new RunFolder(folder).MetricsPath, "reproduce");
        while (reader.Next(out string? problem) is var line && (line is not null || problem is not null))
        {
            losses.AddRange(line is StepLine step ? [(step.Step, step.Loss)] : []);
        }

        return losses;
    }

    /// <summary>Trains by the tool to the end.</summary>
    public async Task ToolAsync(string folder, int threads, params (string Name, string Value)[] variables)
    {
        using Process process = Start([.. Train(folder), "--threads", $"{threads}"], variables);
        await EndAsync(process);
    }

    /// <summary>Trains by the tool, kills it in the middle, and has it take up what is left. Where other work keeps this process from looking in time, the training ends before it is killed, and is begun anew.</summary>
    public async Task KilledAsync(string folder)
    {
        for (int attempt = 1; !await KillAsync(folder); attempt++)
        {
            if (attempt == MostAttempts)
            {
                throw new BadInputException($"[reproduce] {folder}: the training must be killed in the middle; {MostAttempts} times it had ended by itself");
            }

            Directory.Delete(folder, recursive: true);
        }

        work.Tell(new ClaimNote($"killed after step {Losses(folder).Count}"));
        using Process resumed = Start(["train", "--run", folder, "--resume", "--json"]);
        await EndAsync(resumed);
    }

    /// <summary>Begins a training and kills it in the middle.</summary>
    /// <returns>Whether it was killed before its end.</returns>
    private async Task<bool> KillAsync(string folder)
    {
        using Process process = Start([.. Train(folder), "--threads", "1"]);
        Task output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        RunFolder run = new(folder);
        while (!process.HasExited && !(File.Exists(run.MetricsPath) && Losses(folder).Count > 25 * steps / 60))
        {
            await Task.Delay(s_look, work.Options.Surroundings.Time, CancellationToken.None);
        }

        if (process.HasExited)
        {
            await EndAsync(process, output);
            return false;
        }

        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        return Hash(folder) is null;
    }

    /// <summary>Trains by several ranks, threads of this process with one worker each.</summary>
    public Task RanksAsync(string folder, int count) => Task.Run(() => ThreadCollectives.Run(count, rank =>
    {
        TrainingConfigBuilder builder = new TrainingConfigBuilder().UsePreset(Preset);
        ComparisonOptions.SetAll(builder, [.. Settings, new("train.threads", "1")], new(ConfigSource.Option, "--set"));
        using Trainer trainer = Trainer.Create(builder.Build(), folder, work.Options.Surroundings with { Collectives = rank });
        DrainAsync(trainer).GetAwaiter().GetResult();
    }));

    private static async Task DrainAsync(Trainer trainer)
    {
        await foreach (TrainingEvent _ in trainer.RunAsync())
        {
            // What it writes is all that is asked for.
        }
    }

    private IEnumerable<string> Train(string folder) =>
        ["train", "--preset", Preset, .. Settings.SelectMany(setting => new[] { "--set", $"{setting.Key}={setting.Value}" }), "--run", folder, "--json"];

    private Process Start(IEnumerable<string> arguments, params (string Name, string Value)[] variables)
    {
        ProcessStartInfo start = new(work.Options.Tool[0], [.. work.Options.Tool.Skip(1), .. arguments]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            throw new BadInputException($"[reproduce] the tool must start as a process of its own; {start.FileName}: {error.Message}", error);
        }
    }

    /// <summary>Waits for its end; if that is not a good one, its last words are the error.</summary>
    private async Task EndAsync(Process process, Task? output = null)
    {
        output ??= process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        string errors = await process.StandardError.ReadToEndAsync(CancellationToken.None);
        await output;
        await process.WaitForExitAsync(CancellationToken.None);
        work.Cancellation.ThrowIfCancellationRequested();
        if (process.ExitCode != 0)
        {
            throw new BadInputException($"[reproduce] a training must end with code 0; {process.ExitCode} came: {errors.Trim()}");
        }
    }
}
