using MuonSharp.Numerics;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>One run has the same bits whatever computes it.</summary>
internal sealed class SameBitsClaim : Claim
{
    private const string Kill = "killed and resumed";

    public override string Name => "same-bits";

    public override string Title => "The same bits, whatever computes them";

    public override string Statement => "A configuration and a seed give the same bits for any number of threads and ranks, on AVX2 and AVX-512, and after a kill.";

    public override string Source => "this project";

    public override string Goal => "one SHA-256 of the weights and the optimizer's state";

    public override string Method =>
        "nanogpt-cpu with 2 layers of width 64 and `train.shards` 4, 60 steps on the tool's own text with Muon and AdamW, once for each way to compute it. Ranks are threads of one process; the killed run is ended without warning (SIGKILL) in its 25th "
        + "step or later and resumed at its checkpoint.";

    internal override async Task<ClaimResult> RunAsync(ClaimWork work)
    {
        BitRuns runs = new(work, work.Quick ? 12 : 60);
        List<(string Name, string Hash)> found = [];
        foreach ((string name, Func<string, Task> train) in Ways(runs))
        {
            work.Cancellation.ThrowIfCancellationRequested();
            string folder = Path.Combine(work.Folder, string.Concat(name.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-')));
            bool wasThere = runs.Hash(folder) is not null;
            if (!wasThere)
            {
                RemoveHalf(folder);
                await train(folder);
            }

            found.Add((name, runs.Hash(folder) ?? throw new BadInputException($"[reproduce] {folder}: a run must end with a checkpoint of step {runs.Steps}; there is none")));
            work.Tell(new ClaimNote($"{name}: {found[^1].Hash}{(wasThere ? " (was there)" : "")}"));
        }

        int hashes = found.DistinctBy(pair => pair.Hash, StringComparer.Ordinal).Count();
        return new(
            ["computed by", "SHA-256 of weights and optimizer's state"],
            [.. found.Select(pair => (string[])[pair.Name, $"`{pair.Hash}`"])],
            hashes == 1 ? ClaimVerdict.Met : ClaimVerdict.Missed,
            [hashes == 1 ? $"{found.Count} ways, one hash." : $"{found.Count} ways, {hashes} hashes."],
            new("Training loss by step", "steps", "nats a token", [new("all of them", BitRuns.Losses(Path.Combine(work.Folder, "1-thread")))]));
    }

    /// <summary>Widths of vectors beyond the machine's are left out.</summary>
    private static IEnumerable<(string Name, Func<string, Task> Train)> Ways(BitRuns runs)
    {
        yield return ("1 thread", folder => runs.ToolAsync(folder, threads: 1));
        yield return ("2 threads", folder => runs.ToolAsync(folder, threads: 2));
        if (VectorWidth.Bits > 256)
        {
            yield return ("AVX2 alone", folder => runs.ToolAsync(folder, threads: 1, ("DOTNET_EnableAVX512", "0")));
        }

        if (VectorWidth.Bits > 128)
        {
            yield return ("vectors of 128 bits", folder => runs.ToolAsync(folder, threads: 1, (VectorWidth.Variable, "128")));
        }

        foreach (int ranks in (int[])[2, 3, 4])
        {
            yield return ($"{ranks} ranks", folder => runs.RanksAsync(folder, ranks));
        }

        yield return (Kill, runs.KilledAsync);
    }

    /// <summary>What an earlier call left half done says nothing: its way of computing it is what counts.</summary>
    private static void RemoveHalf(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
