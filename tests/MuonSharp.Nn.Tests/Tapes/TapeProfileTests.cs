using System.Diagnostics;
using MuonSharp.Numerics;
using MuonSharp.Numerics.Tests;

namespace MuonSharp.Nn.Tests.Tapes;

/// <summary>What a profile counts, against counts by hand, and that it costs no allocation.</summary>
public sealed class TapeProfileTests : IDisposable
{
    private readonly WorkerTeam _team = new(1);

    public void Dispose() => _team.Dispose();

    [Fact]
    public void A_linear_layer_does_one_product_forward_and_two_backward()
    {
        using var tape = new Tape(_team, training: true);
        Tensor x = tape.Input("x", 6, 5, gradient: true);
        Tensor y = tape.Linear(x, tape.Input("weight", 7, 5, gradient: true), tape.Input("bias", 1, 7), Activation.Gelu);
        tape.Seed(y);
        tape.Compile();

        Assert.Equal(3 * 2.0 * 6 * 5 * 7, tape.Flops);
        (OperationTime? forward, OperationTime? backward) = Run(tape, runs: 3);

        Assert.Equal(("linear", "6x5->7", 3L), (forward.Name, forward.Shape, forward.Calls));
        Assert.Equal(3 * 2.0 * 6 * 5 * 7, forward.Work.Flops);
        Assert.Equal(3 * 4.0 * ((6 * 5) + (7 * 5) + 7 + (6 * 7) + (6 * 7)), forward.Work.Bytes);
        Assert.Equal(3 * 4.0 * 6 * 5 * 7, backward.Work.Flops);

        // x, weight, the kept argument, dy; dx and dweight written.
        Assert.Equal(3 * 4.0 * ((6 * 5) + (7 * 5) + (6 * 7) + (6 * 7) + (6 * 5) + (7 * 5)), backward.Work.Bytes);
    }

    [Theory]
    [InlineData(9, null)]
    [InlineData(9, 4)]
    [InlineData(9, 1)]
    [InlineData(3, 100)]
    public void Attention_counts_the_pairs_that_see_each_other(int time, int? window)
    {
        const int Batch = 2, Heads = 3, Width = 4;
        using var tape = new Tape(_team, training: true);
        Tensor fused = tape.Input("fused", new Sequences(Batch, time), 3 * Heads * Width, gradient: true);
        tape.Seed(tape.Attention(fused, new AttentionShape { Heads = Heads, HeadWidth = Width, Window = window }).Output);
        tape.Compile();
        fused.Value.Clear();

        (OperationTime? forward, OperationTime? backward) = Run(tape, runs: 1);

        int pairs = 0;
        for (int query = 0; query < time; query++)
        {
            for (int key = 0; key <= query; key++)
            {
                pairs += query - key < (window ?? int.MaxValue) ? 1 : 0;
            }
        }

        Assert.Equal(2.0 * 2 * pairs * Batch * Heads * Width, forward.Work.Flops);
        Assert.Equal(5.0 * 2 * pairs * Batch * Heads * Width, backward.Work.Flops);
    }

    [Fact]
    public void The_head_does_all_of_its_products_in_the_forward_run()
    {
        using var tape = new Tape(_team, training: true);
        Tensor x = tape.Input("x", 6, 5, gradient: true);
        tape.CrossEntropy(x, tape.Input("head", 11, 5, gradient: true), tape.Tokens("targets", 6));
        tape.Compile();
        TapeProfile profile = tape.StartProfile();

        tape.Forward();
        tape.Backward();

        OperationTime only = Assert.Single(profile.Operations());
        Assert.False(only.Backward);
        Assert.Equal(3 * 2.0 * 6 * 5 * 11, only.Work.Flops);
        Assert.Equal(3 * 2.0 * 6 * 5 * 11, tape.Flops);
    }

    [Fact]
    public void Operations_that_are_alike_are_one_entry_and_their_time_is_part_of_the_whole()
    {
        using var tape = new Tape(_team, training: true);
        Tensor x = tape.Input("x", 64, 64, gradient: true);
        tape.Seed(tape.Activate(tape.Activate(tape.Activate(x, Activation.Gelu), Activation.Gelu), Activation.Gelu));
        tape.Compile();
        TapeProfile profile = tape.StartProfile();
        Run(tape, runs: 2, profile);
        profile.Reset();

        long start = Stopwatch.GetTimestamp();
        Run(tape, runs: 5, profile);
        TimeSpan whole = Stopwatch.GetElapsedTime(start);

        Assert.Equal([15L, 15L], profile.Operations().Select(operation => operation.Calls));
        Assert.Equal([false, true], profile.Operations().Select(operation => operation.Backward));
        Assert.All(profile.Operations(), operation => Assert.True(operation.Elapsed > TimeSpan.Zero));
        Assert.True(profile.Operations().Sum(operation => operation.Elapsed.Ticks) <= whole.Ticks);
    }

    [Fact]
    public void Measuring_allocates_nothing_and_ends_when_told()
    {
        using var tape = new Tape(_team, training: true);
        tape.Seed(tape.Activate(tape.Input("x", 4, 16, gradient: true), Activation.Gelu));
        tape.Compile();
        TapeProfile profile = tape.StartProfile();
        int runs = 0;
        Assert.Equal(0, ManagedBytes.LeastOf(() =>
        {
            Both(tape);
            runs++;
        }));

        tape.StopProfile();
        Both(tape);
        Assert.Equal([runs, runs], profile.Operations().Select(operation => operation.Calls));
    }

    private static (OperationTime Forward, OperationTime Backward) Run(Tape tape, int runs, TapeProfile? profile = null)
    {
        profile ??= tape.StartProfile();
        for (int i = 0; i < runs; i++)
        {
            Both(tape);
        }

        IReadOnlyList<OperationTime> operations = profile.Operations();
        Assert.Equal(2, operations.Count);
        return (operations[0], operations[1]);
    }

    private static void Both(Tape tape)
    {
        tape.Forward();
        tape.Backward();
    }
}
