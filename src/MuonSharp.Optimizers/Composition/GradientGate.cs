using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>Looks at every gradient before anything changes: the global norm, and the first parameter that is not finite.</summary>
/// <remarks>One pass gives both: a sum of squares is finite exactly when all elements are. Parameters are added in the order of their
/// names, so the norm does not depend on how they are grouped or ordered.</remarks>
internal sealed unsafe class GradientGate
{
    /// <summary>Beyond this norm the squares and sums of optimizers leave float32: such gradients are as broken as infinite ones.</summary>
    public const double LargestNorm = 1e19;

    /// <summary>The smallest normal float32: a smaller factor would round the gradients.</summary>
    public const double SmallestClip = 1.1754943508222875e-38;

    private readonly Parameter[] _parameters;
    private readonly int[] _byName;
    private readonly (int Parameter, int Start, int Length)[] _pieces;
    private readonly double[] _pieceSums;
    private readonly double[] _sums;
    private readonly RankShare? _share;
    private readonly bool[] _own;

    public GradientGate(IReadOnlyList<Parameter> parameters, RankShare? share = null)
    {
        _share = share;
        _parameters = [.. parameters];
        _byName = [.. Enumerable.Range(0, _parameters.Length).OrderBy(i => _parameters[i].Name, StringComparer.Ordinal)];
        var pieces = new List<(int, int, int)>();
        for (int i = 0; i < _parameters.Length; i++)
        {
            for (long start = 0; start < _parameters[i].Length; start += Reductions.Chunk)
            {
                pieces.Add((i, (int)start, (int)Math.Min(Reductions.Chunk, _parameters[i].Length - start)));
            }
        }

        _pieces = [.. pieces];
        _pieceSums = new double[_pieces.Length];
        _sums = new double[_parameters.Length];
        _own = [.. _pieces.Select(piece => share is null || (share.RangeOf(_parameters[piece.Parameter]) is var owned && piece.Start >= owned.Start && piece.Start < owned.End))];
    }

    /// <summary>The first parameter whose gradient is not finite, or null; and the norm over all gradients of this step.</summary>
    public string? Inspect(WorkerTeam team, out double norm)
    {
        var job = new Job(this);
        team.Run(_pieces.Length, ref job);
        _share?.Join(_pieceSums);
        Array.Clear(_sums);
        for (int i = 0; i < _pieces.Length; i++)
        {
            _sums[_pieces[i].Parameter] += _pieceSums[i];
        }

        double total = 0;
        foreach (int i in _byName)
        {
            total += _sums[i];
        }

        norm = Math.Sqrt(total);
        return double.IsFinite(total) ? null : _parameters[Array.FindIndex(_sums, static sum => !double.IsFinite(sum))].Name;
    }

    /// <summary>The parameter that has most of the norm that was inspected last.</summary>
    public string Greatest() => _parameters[Array.IndexOf(_sums, _sums.Max())].Name;

    private readonly struct Job(GradientGate gate) : ITeamJob
    {
        public void Run(int task, int worker)
        {
            (int index, int start, int length) = gate._pieces[task];
            Parameter parameter = gate._parameters[index];
            gate._pieceSums[task] = !parameter.HasGradient || !gate._own[task] ? 0
                : parameter.HasGradientInPart ? SumOfMatrices(parameter, start, length)
                : Reductions.SumOfSquares(parameter.Gradient.Address + start, length);
        }

        /// <summary>The sum over those matrices of a chunk that have a gradient.</summary>
        private static double SumOfMatrices(Parameter parameter, int start, int length)
        {
            double sum = 0;
            for (int matrix = 0; matrix < parameter.MatrixCount; matrix++)
            {
                var runs = new MatrixRuns(parameter.Matrices[matrix], start, start + length);
                while (parameter.HasGradientOf(matrix) && runs.Next())
                {
                    sum += Reductions.SumOfSquares(parameter.Gradient.Address + runs.Start, runs.Length);
                }
            }

            return sum;
        }
    }
}
