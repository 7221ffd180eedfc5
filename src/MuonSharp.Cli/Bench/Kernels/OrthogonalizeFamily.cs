using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Cli.Bench;

/// <summary>The polar factor of one matrix, or of many of the same shape, cut among workers as Muon cuts them.</summary>
internal sealed unsafe class OrthogonalizeCase : BenchCase
{
    /// <summary>m²n up to which each worker has a matrix of its own, if there are enough of them.</summary>
    private const long LargestSmallWork = 640L * 640 * 640;

    private readonly WorkerTeam _team;
    private readonly NativeBuffer _original;
    private readonly NativeBuffer _input;
    private Job _job;

    public OrthogonalizeCase(string name, WorkerTeam team, IOrthogonalizer orthogonalizer, int count, int rows, int columns)
        : this(
            name,
            team,
            orthogonalizer,
            (count, rows, columns),
            Operand.Normal("momentum", (long)count * rows, columns),
            new NativeBuffer((long)count * rows * columns),
            new NativeBuffer((long)count * rows * columns),
            new NativeBuffer(Stride(orthogonalizer, rows, columns) * team.Threads))
    {
    }

    private OrthogonalizeCase(
        string name,
        WorkerTeam team,
        IOrthogonalizer orthogonalizer,
        (int Count, int Rows, int Columns) size,
        NativeBuffer original,
        NativeBuffer input,
        NativeBuffer output,
        NativeBuffer scratch)
        : base(name, original, input, output, scratch)
    {
        (_team, _original, _input) = (team, original, input);
        _job = new Job(orthogonalizer, size, input.Pointer, output.Pointer, scratch.Pointer, Stride(orthogonalizer, size.Rows, size.Columns));
        Flops = size.Count * orthogonalizer.Flops(size.Rows, size.Columns);
    }

    /// <inheritdoc/>
    public override double Flops { get; }

    /// <inheritdoc/>
    public override void Prepare() => _original.AsSpan().CopyTo(_input.AsSpan());

    /// <inheritdoc/>
    public override void Run()
    {
        if (_job.Count >= _team.Threads && _job.Work <= LargestSmallWork)
        {
            _team.Run(_job.Count, ref _job);
            return;
        }

        for (int i = 0; i < _job.Count; i++)
        {
            _job.Orthogonalize(_team, i, worker: 0);
        }
    }

    private static long Stride(IOrthogonalizer orthogonalizer, int rows, int columns) =>
        (orthogonalizer.ScratchLength(rows, columns) + 15) / 16 * 16;

    /// <summary>A task is a matrix.</summary>
    private readonly struct Job(
        IOrthogonalizer orthogonalizer, (int Count, int Rows, int Columns) size, float* input, float* output, float* scratch, long stride) : ITeamJob
    {
        public int Count => size.Count;

        public long Work => (long)Math.Min(size.Rows, size.Columns) * size.Rows * size.Columns;

        public void Run(int task, int worker) => Orthogonalize(null, task, worker);

        public void Orthogonalize(WorkerTeam? team, int index, int worker)
        {
            long offset = (long)index * size.Rows * size.Columns;
            orthogonalizer.Orthogonalize(
                team, Matrix.Dense(input + offset, size.Rows, size.Columns), Matrix.Dense(output + offset, size.Rows, size.Columns), scratch + (worker * stride));
        }
    }
}

/// <summary>Orthogonalizers: the default by the plain name, the others behind a colon.</summary>
internal sealed class OrthogonalizeFamily() : BenchFamily(
    "orthogonalize",
    "orthogonalize-RxC[:NAME], orthogonalize-BxRxC[:NAME]",
    $"one matrix or B of them; NAME as in optimizer.orthogonalizer, without: {Default.Name}",
    [
        .. Shapes.Select(shape => $"orthogonalize-{shape}"),
        .. Others.SelectMany(name => Shapes.Select(shape => $"orthogonalize-{shape}:{name}")),
    ])
{
    private static IOrthogonalizer Default => new MuonOptions().Orthogonalizer;

    private static string[] Shapes => ["256x1024", "768x768", "768x3072", "1024x4096", "72x128x128", "24x128x512"];

    /// <summary>One of each length and kind: coefficients do not change the time.</summary>
    private static IEnumerable<string> Others => ((IOrthogonalizer[])
        [NewtonSchulz.Jordan5, NewtonSchulz.DeepSeekV4, GramNewtonSchulz.Jordan5, GramNewtonSchulz.DeepSeekV4, ZolotarevPolar.Order2, ZolotarevPolar.Order3, ZolotarevPolar.Order4])
        .Select(orthogonalizer => orthogonalizer.Name).Where(name => name != Default.Name);

    /// <inheritdoc/>
    public override Func<BenchContext, BenchCase>? Find(string name)
    {
        if (BenchName.Parse(Name, name) is not { Sizes: var sizes, Variant: var variant })
        {
            return null;
        }

        IOrthogonalizer? orthogonalizer = Default;
        if (variant.Length > 0 && !Orthogonalizers.TryGet(variant, out orthogonalizer))
        {
            return null;
        }

        return sizes switch
        {
            [var rows, var columns] => context => new OrthogonalizeCase(name, context.Team, orthogonalizer, 1, rows, columns),
            [var count, var rows, var columns] when (long)count * rows * columns <= BenchName.MostElements => context => new OrthogonalizeCase(name, context.Team, orthogonalizer, count, rows, columns),
            _ => null,
        };
    }

    /// <inheritdoc/>
    public override string Rule(string name) => BenchName.Parse(Name, name) is { Variant: { Length: > 0 } variant } && !Orthogonalizers.TryGet(variant, out _)
        ? $"the orthogonalizer must be one of {string.Join(", ", Orthogonalizers.Names)}; '{variant}' came"
        : base.Rule(name);
}
