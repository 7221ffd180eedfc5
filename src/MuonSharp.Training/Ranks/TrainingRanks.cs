using System.Security.Cryptography;
using System.Text;
using MuonSharp.Distributed;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>The ranks that train one run together: what they tell each other beside gradients and weights.</summary>
/// <remarks>Every rank runs the whole trainer: it evaluates, counts, decides as all others do, from the same numbers. The first one alone writes the folder.</remarks>
internal sealed class TrainingRanks : IDisposable
{
    /// <summary>Steps between comparisons of the weights of all ranks.</summary>
    public const int CompareEvery = 100;

    /// <summary>What ranks are at in an evaluation, in words.</summary>
    public const string Evaluating = "an evaluation";

    private readonly CancellationTokenSource _stop = new();
    private readonly long[] _extremes = new long[2];
    private float[] _greatest = [];

    /// <summary>The ranks of a run.</summary>
    public TrainingRanks(ICollectives collectives) => Collectives = collectives;

    /// <summary>The engine.</summary>
    public ICollectives Collectives { get; }

    /// <summary>Whether this rank writes the run folder.</summary>
    public bool Writes => Collectives.Rank == 0;

    /// <summary>Whether there is a run folder.</summary>
    public bool HasFolder { get; private set; }

    /// <summary>Cancelled once any rank was asked to stop and all know it.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>The ranks of a run; null for a process that trains alone.</summary>
    public static TrainingRanks? Of(ICollectives? collectives) => collectives is { Size: > 1 } several ? new TrainingRanks(several) : null;

    /// <summary>Does what a rank does before a run (it reads data, makes the model), however long it takes it.</summary>
    /// <param name="ranks">The ranks; null, or one alone: the work is done, no more.</param>
    /// <param name="work">This rank's work.</param>
    public static void Prepare(ICollectives? ranks, Action work)
    {
        if (ranks is { Size: > 1 } several)
        {
            several.Activity = "the start of the run";
            LongWork.Run(several, work);
        }
        else
        {
            work();
        }
    }

    /// <summary>The folder of the checkpoint that the first rank resumes from, told to all; null for none.</summary>
    public static string? TellCheckpoint(ICollectives ranks, string? folder)
    {
        byte[] text = Encoding.UTF8.GetBytes(folder ?? string.Empty), length = BitConverter.GetBytes(text.Length);
        ranks.Broadcast(length, root: 0);
        text = ranks.Rank == 0 ? text : new byte[BitConverter.ToInt32(length)];
        ranks.Broadcast(text, root: 0);
        return text.Length == 0 ? null : Encoding.UTF8.GetString(text);
    }

    /// <summary>Begins the run: all ranks must have made the same of it.</summary>
    /// <exception cref="BadInputException">Ranks differ in what may not differ.</exception>
    public void Begin(TrainingParts parts, long step, bool hasFolder)
    {
        RankAgreement.Check(Collectives,
        [
            ("version", typeof(TrainingRanks).Assembly.GetName().Version!.ToString()),
            ("configuration", parts.Identity.Hash()),
            ("data", parts.Task.DataIdentity),
            ("parameters", Hash(parts.Task.Parameters.Parameters.Select(static parameter => parameter.ToString()))),
            ("micro-batches of a step", parts.Settings.Accumulation.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            ("step", step.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            ("weights", HashOfWeights(parts).ToString("x16", System.Globalization.CultureInfo.InvariantCulture)),
        ]);
        long[] folder = [hasFolder ? 1 : 0];
        Collectives.AllReduce(folder, Reduction.Max);
        HasFolder = folder[0] != 0;
    }

    /// <summary>Gives all ranks the losses of all micro-batches (0 where another rank computed it), the greatest logits, and whether any is to stop.</summary>
    public void Share(Span<double> losses, Span<float> maxima, bool stop)
    {
        Collectives.AllReduce(losses, Reduction.Sum);
        if (_greatest.Length == 0)
        {
            _greatest = new float[maxima.Length + 1];
        }

        maxima.CopyTo(_greatest);
        _greatest[^1] = stop ? 1 : 0;
        Collectives.AllReduce(_greatest, Reduction.Max);
        _greatest.AsSpan(0, maxima.Length).CopyTo(maxima);
        if (_greatest[^1] > 0)
        {
            _stop.Cancel();
        }
    }

    /// <summary>Adds up what the ranks' forward runs have counted.</summary>
    public void Share(IReadOnlyList<Memory<long>> counts)
    {
        for (int i = 0; i < counts.Count; i++)
        {
            Collectives.AllReduce(counts[i].Span, Reduction.Sum);
        }
    }

    /// <summary>Says in errors what step it is.</summary>
    public void BeginStep(long step) => (Collectives.Activity, Collectives.Step) = (string.Empty, step);

    /// <summary>Work that takes longer than a step, at this rank or all: see <see cref="LongWork"/>.</summary>
    /// <param name="activity">What it is, in words.</param>
    /// <param name="work">This rank's part.</param>
    /// <param name="asked">Asks to stop: all ranks then do, by <see cref="Stop"/>.</param>
    public void Do(string activity, Action work, CancellationToken asked = default)
    {
        Collectives.Activity = activity;
        LongWork.Run(Collectives, work, _stop.Cancel, asked);
    }

    /// <summary>An evaluation of which each rank computes an equal share; what is added to a number is 0.</summary>
    /// <param name="evaluation">The evaluation.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="asked">Asks this rank to stop.</param>
    public Evaluation Evaluate(EvaluationParts evaluation, CancellationToken cancellation, CancellationToken asked)
    {
        double[] numbers = evaluation.NewNumbers();
        (int first, int end) = GradientExchange.LeavesOf(evaluation.Count, Collectives.Rank, Collectives.Size);
        Do(Evaluating, () => evaluation.Compute(first, end, numbers, cancellation), asked);
        Collectives.AllReduce(numbers, Reduction.Sum);
        return evaluation.Combine(numbers);
    }

    /// <summary>Compares the weights and running statistics of all ranks after the first step, and now and then: what was copied must be equal.</summary>
    /// <exception cref="BadInputException">They differ.</exception>
    public void Compare(TrainingParts parts, long step)
    {
        if (step != 1 && step % CompareEvery != 0)
        {
            return;
        }

        long hash = HashOfWeights(parts);
        (_extremes[0], _extremes[1]) = (hash, ~hash);
        Collectives.AllReduce(_extremes, Reduction.Max);
        if (_extremes[0] != ~_extremes[1])
        {
            throw new BadInputException($"[ranks] all ranks must have the same weights and running statistics; after step {step} they differ. "
                + "A layer of one's own keeps statistics of its runs and does not hand them on (IRunStatistics); or memory, processor or network of a machine is faulty");
        }
    }

    public void Dispose() => _stop.Dispose();

    private static unsafe long HashOfWeights(TrainingParts parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Optimizers.ParameterStore store = parts.Task.Parameters;
        for (long start = 0; start < store.Length; start += 1 << 20)
        {
            hash.AppendData(new ReadOnlySpan<byte>(store.Weights + start, checked((int)(sizeof(float) * Math.Min(1 << 20, store.Length - start)))));
        }

        foreach (Optimizers.ModelBuffer buffer in store.Buffers)
        {
            if (buffer.IsSaved)
            {
                hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(buffer.Values.Span));
            }
        }

        return BitConverter.ToInt64(hash.GetHashAndReset());
    }

    private static string Hash(IEnumerable<string> lines) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))));
}
