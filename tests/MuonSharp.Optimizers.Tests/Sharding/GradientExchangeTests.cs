using MuonSharp.Distributed;

namespace MuonSharp.Optimizers.Tests;

/// <summary>Sums over ranks against the tree of one process, on threads of this one.</summary>
public class GradientExchangeTests
{
    public static TheoryData<int, int> Shapes
    {
        get
        {
            var shapes = new TheoryData<int, int>();
            foreach (int leaves in (int[])[1, 2, 3, 6, 8, 11, 17])
            {
                foreach (int ranks in (int[])[1, 2, 3, 5, 8])
                {
                    if (ranks <= leaves)
                    {
                        shapes.Add(leaves, ranks);
                    }
                }
            }

            return shapes;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Owners_have_the_bits_of_the_tree(int leaves, int ranks)
    {
        using TestModel alone = TestModel.Language(width: 40);
        using var tree = new GradientTree(alone.Store, leaves);
        for (int leaf = 0; leaf < leaves; leaf++)
        {
            Fill(alone, leaf);
            tree.Add(leaf);
        }

        Together(leaves, ranks, GradientReduction.Tree, (model, ownership, rank) =>
        {
            foreach (Parameter parameter in model.Store.Parameters)
            {
                OwnedRange owned = ownership.RangeOf(parameter, rank);
                Compare.SameBits(
                    alone[parameter.Name].Gradient.Span.Slice(owned.Start, owned.Length).ToArray(), parameter.Gradient.Span.Slice(owned.Start, owned.Length).ToArray());
                Assert.Equal(alone[parameter.Name].HasGradient, parameter.HasGradient);
            }
        });
    }

    [Theory]
    [InlineData(4, 3)]
    [InlineData(8, 4)]
    public void The_fast_order_is_right_too(int leaves, int ranks) => Together(leaves, ranks, GradientReduction.Fast, (model, ownership, rank) =>
    {
        using TestModel one = TestModel.Language(width: 40);
        foreach (Parameter parameter in model.Store.Parameters)
        {
            double[] sum = new double[parameter.Length], magnitude = new double[parameter.Length];
            for (int leaf = 0; leaf < leaves; leaf++)
            {
                Fill(one, leaf);
                for (int i = 0; i < sum.Length && one[parameter.Name].HasGradient; i++)
                {
                    sum[i] += one[parameter.Name].Gradient.Span[i];
                    magnitude[i] += Math.Abs(one[parameter.Name].Gradient.Span[i]);
                }
            }

            OwnedRange owned = ownership.RangeOf(parameter, rank);
            for (int i = owned.Start; i < owned.End; i++)
            {
                Assert.Equal(sum[i], parameter.Gradient.Span[i], magnitude[i] * leaves * 6.0e-8);
            }
        }
    });

    [Theory]
    [InlineData(8, 2)]
    [InlineData(8, 4)]
    public void A_rank_sends_what_the_formula_says(int leaves, int ranks) => Together(leaves, ranks, GradientReduction.Tree, (model, ownership, rank) =>
    {
        Assert.Equal(1, GradientExchange.PartsOf(leaves, rank, ranks));
    }, (model, ownership, collectives, before) =>
    {
        long elements = model.Store.Parameters.Sum(parameter => (long)parameter.Length), marks = model.Store.Parameters.Sum(parameter => (long)Math.Max(1, parameter.Matrices.Length));
        long own = ownership.Elements[collectives.Rank];
        Assert.Equal((sizeof(float) * (elements - own)) + (2 * marks * sizeof(long) * (ranks - 1) / ranks), collectives.BytesSent - before);
    });

    /// <summary>All gradients are told complete in the last backward run: they are on their way before the leaf is added, and so are sums with what came before it.</summary>
    [Fact]
    public void Complete_gradients_go_before_the_leaf_is_added()
    {
        long[] sentEarly = new long[2], sentByAdding = new long[2];
        ThreadCollectives.Run(2, ranks =>
        {
            using TestModel model = TestModel.Language(width: 40);
            var ownership = Ownership.Of([new ParameterGroup("all", model.Store.Parameters, new AdamWOptions())], 2);
            using var exchange = new GradientExchange(model.Store, ownership, ranks, leaves: 4);
            Fill(model, exchange.First);
            Assert.Null(exchange.FinalIn(exchange.First));
            exchange.Add(exchange.First);
            Assert.Equal(0, ranks.BytesSent);
            Fill(model, exchange.End - 1);
            Action<Parameter> final = exchange.FinalIn(exchange.End - 1)!;
            foreach (Parameter parameter in model.Store.Parameters.Reverse())
            {
                final(parameter);
            }

            // A guard against waiting for ever, not a measurement.
            Assert.True(SpinWait.SpinUntil(() => ranks.BytesSent > 0, TimeSpan.FromMinutes(1)), "nothing was sent before the leaf was added");
            sentEarly[ranks.Rank] = ranks.BytesSent;
            exchange.Add(exchange.End - 1);
            sentByAdding[ranks.Rank] = ranks.BytesSent - sentEarly[ranks.Rank];

            using TestModel alone = TestModel.Language(width: 40);
            using var tree = new GradientTree(alone.Store, 4);
            for (int leaf = 0; leaf < 4; leaf++)
            {
                Fill(alone, leaf);
                tree.Add(leaf);
            }

            foreach (Parameter parameter in model.Store.Parameters)
            {
                OwnedRange owned = ownership.RangeOf(parameter, ranks.Rank);
                Compare.SameBits(alone[parameter.Name].Gradient.Span.Slice(owned.Start, owned.Length).ToArray(), parameter.Gradient.Span.Slice(owned.Start, owned.Length).ToArray());
            }

            ranks.Barrier();
        });

        // Only which parameters have a gradient is told afterwards.
        Assert.All(sentEarly.Zip(sentByAdding), sent => Assert.True(sent.First > 10 * sent.Second, $"{sent}"));
    }

    [Fact]
    public void A_rank_without_a_micro_batch_is_refused()
    {
        using TestModel model = TestModel.Language();
        ICollectives[] ranks = ThreadCollectives.Create(3);
        var ownership = Ownership.Of([new ParameterGroup("all", model.Store.Parameters, new AdamWOptions())], 3);
        ArgumentException error = Assert.Throws<ArgumentException>(() => new GradientExchange(model.Store, ownership, ranks[0], leaves: 2));
        Assert.Contains("3 ranks, 2 micro-batches", error.Message, StringComparison.Ordinal);
    }

    private static void Together(
        int leaves, int count, GradientReduction reduction, Action<TestModel, Ownership, int> check, Action<TestModel, Ownership, ICollectives, long>? afterwards = null)
    {
        ICollectives[] ranks = ThreadCollectives.Create(count);
        Task.WaitAll([.. ranks.Select(collectives => Task.Factory.StartNew(
            () =>
            {
                using TestModel model = TestModel.Language(width: 40);
                var ownership = Ownership.Of([new ParameterGroup("all", model.Store.Parameters, new AdamWOptions())], count);
                using var exchange = new GradientExchange(model.Store, ownership, collectives, leaves, reduction);
                for (int step = 0; step < 2; step++)
                {
                    long before = collectives.BytesSent;
                    for (int leaf = exchange.First; leaf < exchange.End; leaf++)
                    {
                        Fill(model, leaf);
                        exchange.Add(leaf);
                    }

                    check(model, ownership, collectives.Rank);
                    afterwards?.Invoke(model, ownership, collectives, before);
                }

                collectives.Barrier();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))]);
    }

    /// <summary>Gradients of a leaf; a parameter has none in some.</summary>
    private static void Fill(TestModel model, int leaf)
    {
        model.Store.ZeroGradients();
        model.FillGradients(leaf + 1, leaf % 3 == 0 ? 100 : 0.01f);
        int number = leaf;
        foreach (Parameter parameter in model.Store.Parameters)
        {
            parameter.HasGradient = number++ % 3 != 0;
            if (!parameter.HasGradient)
            {
                parameter.Gradient.Span.Clear();
            }
        }
    }
}
