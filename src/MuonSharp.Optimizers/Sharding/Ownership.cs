using System.Collections.Immutable;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>Which rank updates which weights: every matrix whole at one rank, elementwise parameters cut into equal parts.</summary>
/// <remarks>
/// <para>Matrices go by longest processing time: the costliest first, each to the rank with the least FLOPs so far, then the least elements, then the lowest number; equal costs in the
/// order of names. The greatest load is at most 4/3 - 1/(3N) of the best possible one. Parameters of optimizers that treat every element alike lie one after the other, in the order of
/// groups, and are cut into N parts at multiples of <see cref="Grain"/> elements.</para>
/// <para>A function of names, shapes, options and the number of ranks alone: every rank computes the same without talking.</para>
/// <para>A tensor whose layout has several matrices (fused projections, experts) is one item.</para>
/// </remarks>
public sealed class Ownership
{
    /// <summary>Elements that are never cut: the chunk in which gradients are summed.</summary>
    public const int Grain = Reductions.Chunk;

    private readonly Dictionary<string, ImmutableArray<OwnedRange>> _ranges = new(StringComparer.Ordinal);
    private readonly double[] _flops;
    private readonly long[] _elements;

    private Ownership(int ranks) => (_flops, _elements) = (new double[ranks], new long[ranks]);

    /// <summary>Number of ranks.</summary>
    public int Ranks => _flops.Length;

    /// <summary>FLOPs of the matrices of each rank in a step.</summary>
    public IReadOnlyList<double> Flops => _flops;

    /// <summary>Elements that each rank updates.</summary>
    public IReadOnlyList<long> Elements => _elements;

    /// <summary>The greatest of the ranks' FLOPs through their mean, 1 when balanced (or when no optimizer multiplies matrices).</summary>
    public double Imbalance => _flops.Sum() is var sum and > 0 ? _flops.Max() * Ranks / sum : 1;

    /// <summary>Plans the ownership of all parameters of some groups.</summary>
    /// <param name="groups">Groups of an optimizer or of several; the parameters' memory need not exist.</param>
    /// <param name="ranks">Number of ranks, 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no rank.</exception>
    public static Ownership Of(IReadOnlyList<ParameterGroup> groups, int ranks)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ranks, 1);
        var ownership = new Ownership(ranks);
        ownership.GiveWhole([.. groups.Where(static group => !group.Options.UpdatesByElement).SelectMany(static group => group.Parameters.Select(parameter =>
            (parameter, parameter.Shape.Length > 1 ? parameter.Matrices.Sum(matrix => group.Options.FlopsOf(matrix)) : 0.0)))]);
        ownership.GiveParts([.. groups.Where(static group => group.Options.UpdatesByElement).SelectMany(static group => group.Parameters)]);
        return ownership;
    }

    /// <summary>The elements of a parameter that a rank updates; empty where it updates none.</summary>
    /// <param name="parameter">One of the groups' parameters.</param>
    /// <param name="rank">The rank.</param>
    public OwnedRange RangeOf(Parameter parameter, int rank) => _ranges[parameter.Name][rank];

    /// <summary>Bytes of the optimizer's state at a rank.</summary>
    /// <param name="groups">The groups that this is the ownership of.</param>
    /// <param name="rank">The rank.</param>
    public long StateBytesOf(IReadOnlyList<ParameterGroup> groups, int rank) => CostsOf(groups, rank, threads: 1).Sum(static cost => cost.StateBytes);

    /// <summary>The memory of the optimizers at a rank; one that updates nothing there is left out.</summary>
    /// <param name="groups">The groups that this is the ownership of.</param>
    /// <param name="rank">The rank.</param>
    /// <param name="threads">Workers of its team, 1 or more.</param>
    public ImmutableArray<OptimizerCost> CostsOf(IReadOnlyList<ParameterGroup> groups, int rank, int threads)
    {
        ImmutableArray<OptimizerCost>.Builder costs = ImmutableArray.CreateBuilder<OptimizerCost>();
        foreach (IGrouping<Type, ParameterGroup> optimizer in groups.GroupBy(static group => group.Options.GetType()))
        {
            OptimizerOptions options = optimizer.First().Options;
            List<ParameterGroup> own = [.. optimizer
                .Select(group => group with { Parameters = [.. group.Parameters.Where(parameter => RangeOf(parameter, rank).Length > 0)] })
                .Where(static group => group.Parameters.Count > 0)];
            double share = options.UpdatesByElement && own.Count > 0
                ? own.Sum(group => group.Parameters.Sum(parameter => (double)RangeOf(parameter, rank).Length)) / own.Sum(static group => group.Parameters.Sum(static parameter => (double)parameter.Length))
                : 1;
            if (own.Count > 0)
            {
                costs.Add(new OptimizerCost(
                    options.OptimizerName, [.. options.StatesOf(own).Select(state => state with { Bytes = (long)(share * state.Bytes) })], options.ScratchLengthOf(own, threads) * sizeof(float)));
            }
        }

        return costs.ToImmutable();
    }

    private void GiveWhole(List<(Parameter Parameter, double Flops)> items)
    {
        foreach ((Parameter parameter, double flops) in items
            .OrderByDescending(static item => item.Flops).ThenByDescending(static item => item.Parameter.Length).ThenBy(static item => item.Parameter.Name, StringComparer.Ordinal))
        {
            int owner = 0;
            for (int rank = 1; rank < Ranks; rank++)
            {
                owner = (_flops[rank], _elements[rank]).CompareTo((_flops[owner], _elements[owner])) < 0 ? rank : owner;
            }

            _flops[owner] += flops;
            _elements[owner] += parameter.Length;
            _ranges.Add(parameter.Name, [.. Enumerable.Range(0, Ranks).Select(rank => new OwnedRange(0, rank == owner ? parameter.Length : 0))]);
        }
    }

    /// <summary>A grain belongs to the rank in whose equal share of all elements it begins.</summary>
    private void GiveParts(List<Parameter> parameters)
    {
        long total = parameters.Sum(static parameter => (long)parameter.Length), before = 0;
        foreach (Parameter parameter in parameters)
        {
            int[] ends = new int[Ranks];
            for (int rank = 0; rank < Ranks; rank++)
            {
                // The first grain of the next rank: the least start with (before + start) * Ranks >= total * (rank + 1).
                long start = ((total * (rank + 1)) + Ranks - 1) / Ranks - before;
                long grains = Math.Clamp((start + Grain - 1) / Grain, 0, ((parameter.Length - 1) / Grain) + 1);
                ends[rank] = (int)Math.Min(grains * Grain, parameter.Length);
            }

            ImmutableArray<OwnedRange>.Builder ranges = ImmutableArray.CreateBuilder<OwnedRange>(Ranks);
            for (int rank = 0; rank < Ranks; rank++)
            {
                int start = rank == 0 ? 0 : ends[rank - 1];
                ranges.Add(new OwnedRange(start, ends[rank] - start));
                _elements[rank] += ends[rank] - start;
            }

            _ranges.Add(parameter.Name, ranges.MoveToImmutable());
            before += parameter.Length;
        }
    }
}

/// <summary>Elements of a parameter that one rank updates.</summary>
/// <param name="Start">The first, a multiple of <see cref="Ownership.Grain"/>.</param>
/// <param name="Length">How many; 0 for none.</param>
public readonly record struct OwnedRange(int Start, int Length)
{
    /// <summary>One beyond the last.</summary>
    public int End => Start + Length;
}
