using System.Globalization;
using MuonSharp.Experiments;
using MuonSharp.Numerics;

namespace MuonSharp.Cli.Bench;

/// <summary>Something whose time is measured.</summary>
/// <param name="name">The name that the user gave.</param>
/// <param name="owned">What is freed with the case.</param>
internal abstract class BenchCase(string name, params IDisposable[] owned) : IDisposable
{
    /// <summary>The name that the user gave.</summary>
    public string Name => name;

    /// <summary>FLOPs of a call by its definition; 0: none are counted.</summary>
    public virtual double Flops => 0;

    /// <summary>Greatest share of the peak that can be true: more is a peak measured too low, unless the work does fewer FLOPs than count.</summary>
    public virtual double MostOfPeak => 1;

    /// <summary>Bytes that a call moves; 0: none are counted.</summary>
    public virtual double Bytes => 0;

    /// <summary>Whether <see cref="Bytes"/> are read from memory and little else is done, so that their share of the bandwidth says something.</summary>
    public virtual bool ReadsMemory => false;

    /// <summary>After the warm-up: what was noted so far does not count.</summary>
    public virtual void Start()
    {
    }

    /// <summary>Between two calls, not measured: restores what a call destroys.</summary>
    public virtual void Prepare()
    {
    }

    /// <summary>A call.</summary>
    public abstract void Run();

    /// <summary>After each round.</summary>
    /// <param name="peak">The peak beside it, 10⁹ operations a second.</param>
    public virtual void EndRound(double peak)
    {
    }

    /// <summary>What only some cases know; called after the last round.</summary>
    /// <param name="result">What all cases have.</param>
    public virtual BenchResult Complete(BenchResult result) => result;

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        foreach (IDisposable resource in owned)
        {
            resource.Dispose();
        }
    }
}

/// <summary>What a case is made with.</summary>
/// <param name="Team">The workers.</param>
/// <param name="Optimizer">Who updates in training steps.</param>
internal sealed record BenchContext(WorkerTeam Team, OptimizerChoice Optimizer);

/// <summary>A name of the form <c>family-AxBxC:variant</c>.</summary>
/// <param name="Sizes">The numbers.</param>
/// <param name="Variant">What follows the colon; empty without one.</param>
internal sealed record BenchName(int[] Sizes, string Variant)
{
    /// <summary>The greatest size that makes sense, and what keeps products of two within a 32-bit number.</summary>
    public const int Largest = 65536;

    /// <summary>The greatest number of elements: 1 GiB.</summary>
    public const long MostElements = 1 << 28;

    /// <summary>Takes a name apart; null when it does not have the form, a size is not between 1 and <see cref="Largest"/>, or two of them make a
    /// matrix of more than <see cref="MostElements"/>.</summary>
    public static BenchName? Parse(string family, string name)
    {
        if (!name.StartsWith(family + "-", StringComparison.Ordinal))
        {
            return null;
        }

        string[] parts = name[(family.Length + 1)..].Split(':', 2);
        return Numbers(parts[0]) is { } sizes && sizes.OrderDescending().Take(2).Aggregate(1L, (product, size) => product * size) <= MostElements
            ? new BenchName(sizes, parts.Length > 1 ? parts[1] : string.Empty)
            : null;
    }

    /// <summary>Numbers with an x between them; null when it is anything else.</summary>
    public static int[]? Numbers(string text)
    {
        string[] words = text.Split('x');
        int[] sizes = new int[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (!int.TryParse(words[i], NumberStyles.None, CultureInfo.InvariantCulture, out sizes[i]) || sizes[i] is < 1 or > Largest)
            {
                return null;
            }
        }

        return sizes;
    }
}
