using System.Collections.Immutable;

namespace MuonSharp.Optimizers.Tests;

public class OwnershipTests
{
    public static TheoryData<int> RankCounts => [1, 2, 3, 4, 6, 8, 16, 39, 64];

    [Theory]
    [MemberData(nameof(RankCounts))]
    public void Every_element_has_one_owner_and_matrices_are_whole(int ranks)
    {
        (Parameter[] matrices, Parameter[] rest, ParameterGroup[] groups) = Model(layers: 7, width: 96);
        var ownership = Ownership.Of(groups, ranks);
        long[] elements = new long[ranks];
        foreach (Parameter parameter in (Parameter[])[.. matrices, .. rest])
        {
            int next = 0;
            for (int rank = 0; rank < ranks; rank++)
            {
                OwnedRange range = ownership.RangeOf(parameter, rank);
                elements[rank] += range.Length;
                if (range.Length > 0)
                {
                    Assert.Equal(next, range.Start);
                    Assert.Equal(0, range.Start % Ownership.Grain);
                    next = range.End;
                    Assert.True(range.Length == parameter.Length || rest.Contains(parameter), $"{parameter} is cut");
                }
            }

            Assert.Equal(parameter.Length, next);
        }

        Assert.Equal(elements, ownership.Elements);
    }

    /// <summary>Graham's bound for giving each piece to whoever has least: the mean and (1 - 1/N) of the costliest piece.</summary>
    [Theory]
    [MemberData(nameof(RankCounts))]
    public void No_rank_has_more_work_than_the_bound_says(int ranks)
    {
        (Parameter[] matrices, _, ParameterGroup[] groups) = Model(layers: 11, width: 80);
        var ownership = Ownership.Of(groups, ranks);
        double[] costs = [.. matrices.Select(parameter => parameter.Matrices.Sum(matrix => groups[0].Options.FlopsOf(matrix)))];
        Assert.Equal(costs.Sum(), ownership.Flops.Sum(), costs.Sum() * 1e-12);
        Assert.InRange(ownership.Flops.Max(), 0, ((costs.Sum() / ranks) + (costs.Max() * (ranks - 1) / ranks)) * (1 + 1e-12));
        Assert.Equal(ownership.Flops.Max() * ranks / costs.Sum(), ownership.Imbalance, 12);
    }

    /// <summary>An elementwise part differs from an equal share by a grain at most, at either end.</summary>
    [Theory]
    [MemberData(nameof(RankCounts))]
    public void Elementwise_parameters_are_shared_equally(int ranks)
    {
        (_, Parameter[] rest, _) = Model(layers: 3, width: 640);
        var ownership = Ownership.Of([new ParameterGroup("all", rest, new AdamWOptions())], ranks);
        double share = rest.Sum(parameter => (double)parameter.Length) / ranks;
        Assert.All(ownership.Elements, elements => Assert.InRange(elements, share - (2 * Ownership.Grain), share + (2 * Ownership.Grain)));
    }

    [Fact]
    public void The_order_of_parameters_does_not_change_who_owns_a_matrix()
    {
        (Parameter[] matrices, _, ParameterGroup[] groups) = Model(layers: 9, width: 64);
        var straight = Ownership.Of([groups[0]], 5);
        var shuffled = Ownership.Of([groups[0] with { Parameters = [.. matrices.Reverse()] }], 5);
        Assert.All(matrices, parameter => Assert.All(Enumerable.Range(0, 5), rank => Assert.Equal(straight.RangeOf(parameter, rank), shuffled.RangeOf(parameter, rank))));
    }

    [Fact]
    public void State_of_all_ranks_is_that_of_one()
    {
        (_, _, ParameterGroup[] groups) = Model(layers: 4, width: 128);
        long alone = Ownership.Of(groups, 1).StateBytesOf(groups, 0);
        var ownership = Ownership.Of(groups, 4);
        long together = Enumerable.Range(0, 4).Sum(rank => ownership.StateBytesOf(groups, rank));

        // Padding to cache lines is shared by parts of a parameter.
        Assert.InRange(together, alone * 0.999, alone * 1.001);
    }

    private static Parameter Make(string name, ImmutableArray<int> shape, ParameterRole role) => new ParameterStoreBuilder().Add(name, shape, role);

    private static (Parameter[] Matrices, Parameter[] Others, ParameterGroup[] Groups) Model(int layers, int width)
    {
        Parameter[] matrices = [.. Enumerable.Range(0, layers).SelectMany(layer => (Parameter[])
        [
            Make($"layer.{layer}.qkv", [3 * width, width], ParameterRole.Matrix),
            Make($"layer.{layer}.up", [4 * width, width], ParameterRole.Matrix),
            Make($"layer.{layer}.down", [width, 4 * width], ParameterRole.Matrix),
        ])];
        Parameter[] rest =
        [
            Make("wte", [517, width], ParameterRole.Embedding),
            .. Enumerable.Range(0, layers).Select(layer => Make($"layer.{layer}.gain", [width], ParameterRole.Gain)),
            Make("head", [517, width], ParameterRole.Head),
        ];
        return (matrices, rest, [new("matrices", matrices, new MuonOptions()), new("rest", rest, new AdamWOptions())]);
    }
}
