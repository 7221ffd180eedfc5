using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>Singular values of chosen matrices every so many steps: of gradient, momentum, what goes into the orthogonalization and comes out of it, and weights.</summary>
/// <remarks>
/// <para>While the optimizer steps, what it shows is copied; the values are computed after the step, so that its times are what they are without. Each spectrum is one worker's: four at most are computed
/// at once. Cost and memory: <see cref="SpectrumPlan"/>.</para>
/// <para>Over ranks each computes what it owns, and all get to know all.</para>
/// </remarks>
internal sealed unsafe class SpectrumMeter : IStepObserver, IDisposable
{
    private static readonly int s_kinds = Enum.GetValues<SpectrumKind>().Length;

    private readonly int _every;
    private readonly MatrixWatch[] _watches;
    private readonly int _lanes;
    private readonly long _scratchLength;
    private readonly NativeBuffer _scratch;

    // For each matrix and kind where it lies, where its results begin, and there whether there are any, then the values.
    private readonly Matrix[] _found;
    private readonly int[] _places;
    private readonly double[] _results;
    private RoutedOptimizer? _optimizer;

    /// <summary>A meter of what a plan says.</summary>
    public SpectrumMeter(SpectrumPlan plan)
    {
        IReadOnlyList<WatchedMatrix> matrices = plan.Watched;
        Plan = plan;
        _every = plan.Every;
        _watches = [.. matrices.Select(static matrix => new MatrixWatch(matrix))];
        (_lanes, _scratchLength) = (plan.Lanes, plan.ScratchLength);
        _scratch = new NativeBuffer(2 * _lanes * _scratchLength);
        _places = new int[s_kinds * matrices.Count];
        _found = new Matrix[_places.Length];
        int length = 0;
        for (int i = 0; i < _places.Length; i++)
        {
            _places[i] = length;
            length += 1 + matrices[i / s_kinds].Size;
        }

        _results = new double[length];
    }

    /// <summary>Of which matrices, how often, and what it costs.</summary>
    public SpectrumPlan Plan { get; }

    /// <summary>Says whose momentum is to be read.</summary>
    public void Attach(RoutedOptimizer optimizer) => _optimizer = optimizer;

    /// <inheritdoc/>
    public bool Observes(Parameter parameter, long step)
    {
        for (int i = 0; i < _watches.Length && step % _every == 0; i++)
        {
            if (_watches[i].Matrix.Parameter == parameter)
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public void Direction(in ObservedMatrix matrix, ReadOnlySpan<float> values) => Find(matrix)?.Keep(values, isResult: false);

    /// <inheritdoc/>
    public void Result(in ObservedMatrix matrix, ReadOnlySpan<float> values) => Find(matrix)?.Keep(values, isResult: true);

    /// <summary>The spectra of a step that was done; none of one that is not due.</summary>
    /// <param name="step">The step.</param>
    /// <param name="team">Workers.</param>
    /// <param name="ranks">The ranks that train together; all call this.</param>
    public IReadOnlyList<SpectrumLine> Measure(long step, WorkerTeam team, TrainingRanks? ranks)
    {
        if (step % _every != 0)
        {
            return [];
        }

        for (int i = 0; i < _watches.Length; i++)
        {
            if (ranks is not null)
            {
                _watches[i].GatherGradient(ranks.Collectives, _optimizer!.Ownership!);
            }

            for (int kind = 0; kind < s_kinds; kind++)
            {
                _found[(i * s_kinds) + kind] = _watches[i].Find((SpectrumKind)kind, _optimizer!, ranks);
            }

            _watches[i].Clear();
        }

        Array.Clear(_results);
        Job job = new(this);
        team.Run(_lanes, ref job);
        ranks?.Collectives.AllReduce(_results, Distributed.Reduction.Sum);
        return Lines(step);
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        Array.ForEach(_watches, static watch => watch.Dispose());
        _scratch.Dispose();
    }

    private MatrixWatch? Find(in ObservedMatrix observed)
    {
        foreach (MatrixWatch watch in _watches)
        {
            if (watch.Matrix.Parameter == observed.Parameter && watch.Matrix.Index == observed.Index)
            {
                return watch;
            }
        }

        return null;
    }

    private List<SpectrumLine> Lines(long step)
    {
        List<SpectrumLine> lines = [];
        for (int i = 0; i < _watches.Length; i++)
        {
            WatchedMatrix matrix = _watches[i].Matrix;
            List<Spectrum> spectra = [];
            for (int kind = 0; kind < s_kinds; kind++)
            {
                int place = _places[(i * s_kinds) + kind];
                if (_results[place] > 0)
                {
                    spectra.Add(Spectrum.Of((SpectrumKind)kind, _results.AsSpan(place + 1, matrix.Size)));
                }
            }

            lines.Add(new(step) { Matrix = matrix.Name, Rows = matrix.Slice.Rows, Columns = matrix.Slice.Columns, Spectra = spectra });
        }

        return lines;
    }

    /// <summary>Every so-manyth of the spectra.</summary>
    private readonly struct Job(SpectrumMeter meter) : ITeamJob
    {
        public void Run(int task, int worker)
        {
            double* scratch = (double*)meter._scratch.Pointer + (task * meter._scratchLength);
            fixed (double* results = meter._results)
            {
                for (int i = task; i < meter._found.Length; i += meter._lanes)
                {
                    if (meter._found[i].Data is not null)
                    {
                        SingularValues.Compute(null, meter._found[i], results + meter._places[i] + 1, scratch);
                        results[meter._places[i]] = 1;
                    }
                }
            }
        }
    }
}
