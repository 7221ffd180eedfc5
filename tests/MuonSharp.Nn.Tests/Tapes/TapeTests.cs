using MuonSharp.Numerics;

namespace MuonSharp.Nn.Tests.Tapes;

/// <summary>Recording, compiling and running: who writes and who adds, what may be read, what is refused.</summary>
public sealed class TapeTests : IDisposable
{
    private readonly WorkerTeam _team = new(2);

    public void Dispose() => _team.Dispose();

    [Fact]
    public void Several_readers_of_one_tensor_add_up_their_gradients()
    {
        using var tape = new Tape(_team, training: true);
        Tensor x = tape.Input("x", 1, 3, gradient: true);
        Tensor sum = tape.Add(tape.Add(x, x), x);
        tape.Output(sum);
        tape.Seed(sum);
        tape.Compile();
        float[] values = [1, 2, 3], upstream = [10, 20, 30];

        for (int run = 0; run < 2; run++)
        {
            values.CopyTo(x.Value);
            tape.Forward();
            upstream.CopyTo(sum.Gradient);
            tape.Backward();

            Assert.Equal([3, 6, 9], sum.Value.ToArray());
            Assert.Equal([30, 60, 90], x.Gradient.ToArray());
        }
    }

    [Fact]
    public void A_gradient_that_reaches_nothing_runs_no_backward()
    {
        using var tape = new Tape(_team, training: true);
        Tensor x = tape.Input("x", 2, 4, gradient: true);
        Tensor used = tape.Activate(x, Activation.ReluSquared);
        tape.Activate(used, Activation.Gelu);
        tape.Seed(used);
        tape.Compile();

        Assert.Equal([true, false], tape.Operations.Select(operation => operation.HasBackward));
    }

    [Fact]
    public void A_residual_hands_its_gradient_on_without_a_copy()
    {
        using var tape = new Tape(_team, training: true);
        Tensor x = tape.Input("x", 4, 8, gradient: true);
        Tensor stream = tape.Activate(x, Activation.Gelu);
        Tensor branch = tape.Linear(stream, tape.Input("weight", 8, 8, gradient: true), residual: stream);
        tape.Seed(tape.Activate(branch, Activation.ReluSquared));
        tape.Compile();

        // The linear's own input is its residual here: written twice, so it needs memory of its own.
        Assert.NotSame(branch.GradientBuffer, stream.GradientBuffer);

        using var block = new Tape(_team, training: true);
        stream = block.Activate(block.Input("x", 4, 8, gradient: true), Activation.Gelu);
        branch = block.Linear(block.Activate(stream, Activation.Gelu), block.Input("weight", 8, 8, gradient: true), residual: stream);
        block.Seed(block.Activate(branch, Activation.ReluSquared));
        block.Compile();

        Assert.Same(branch.GradientBuffer, stream.GradientBuffer);
    }

    [Fact]
    public void An_inference_tape_works_in_place_and_keeps_no_gradients()
    {
        using var tape = new Tape(_team, training: false);
        Tensor x = tape.Input("x", 4, 64, gradient: true);
        Tensor a = tape.Linear(x, tape.Input("weight", 64, 64));
        Tensor b = tape.Activate(tape.Activate(a, Activation.Gelu), Activation.ReluSquared);
        tape.Output(b);
        tape.Compile();

        Assert.False(x.RequiresGradient);
        Assert.Same(a.ValueBuffer, b.ValueBuffer);
        Assert.DoesNotContain(tape.MemoryPlan.Buffers, buffer => buffer.Name.Contains("gradient", StringComparison.Ordinal));
        Assert.Throws<InvalidOperationException>(tape.Backward);
    }

    [Fact]
    public void A_kept_value_survives_what_comes_after()
    {
        using var tape = new Tape(_team, training: false);
        Tensor x = tape.Input("x", 1, 16);
        Tensor kept = tape.Activate(x, Activation.ReluSquared);
        tape.Output(kept);
        tape.Output(tape.Activate(tape.Activate(kept, Activation.ReluSquared), Activation.Gelu));
        tape.Compile();
        x.Value.Fill(3);

        tape.Forward();

        Assert.All(kept.Value.ToArray(), value => Assert.Equal(9, value));
    }

    [Fact]
    public void What_shares_its_memory_cannot_be_read()
    {
        using var tape = new Tape(_team, training: true);
        Tensor y = tape.Activate(tape.Input("x", 1, 4, gradient: true), Activation.Gelu);
        tape.Activate(y, Activation.Gelu);
        tape.Compile();

        Assert.Contains("Tape.Output", Assert.Throws<InvalidOperationException>(() => y.Value.Length).Message, StringComparison.Ordinal);
        Assert.Contains("seeded", Assert.Throws<InvalidOperationException>(() => y.Gradient.Length).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_order_of_record_compile_run_is_kept()
    {
        var tape = new Tape(_team, training: true);
        Tensor x = tape.Input("x", 1, 4);
        Assert.Throws<InvalidOperationException>(tape.Forward);
        Assert.Throws<InvalidOperationException>(() => tape.MemoryPlan);
        tape.Activate(x, Activation.Gelu);
        tape.Compile();
        Assert.Throws<InvalidOperationException>(() => tape.Activate(x, Activation.Gelu));
        Assert.Throws<InvalidOperationException>(tape.Compile);
        tape.Dispose();
        Assert.Throws<ObjectDisposedException>(tape.Forward);
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused_with_both_shapes()
    {
        using var tape = new Tape(_team, training: true);
        Tensor x = tape.Input("x", 8, 512), sequences = tape.Input("sequences", new Sequences(2, 4), 512);
        ArgumentException error = Assert.Throws<ArgumentException>(() => tape.Linear(x, tape.Input("w", 512, 768)));
        Assert.Equal("[linear] inner sizes differ: x is x [8, 512], the weight w [512, 768] stored OutIn", error.Message);
        Assert.Throws<ArgumentException>(() => tape.Input("empty", 0, 4));
        Assert.Throws<ArgumentException>(() => Activation.Named("swiglu"));
        Assert.Throws<ArgumentException>(() => tape.RmsNorm(x, tape.Input("gain", 1, 100)));
        Assert.Throws<ArgumentException>(() => tape.Rotary(x, 64));
        Assert.Throws<ArgumentException>(() => tape.Rotary(sequences, 3));
        Assert.Throws<ArgumentException>(() => tape.Dropout(x, 1, new RandomStream(1, "d")));
        Assert.Throws<ArgumentException>(() => tape.Attention(sequences, new AttentionShape { Heads = 3, HeadWidth = 64 }));
        Assert.Throws<ArgumentException>(() => tape.CrossEntropy(x, tape.Input("h", 9, 512), tape.Tokens("t", 7)));
    }

    [Fact]
    public void A_diverged_model_has_no_loss_and_no_exception()
    {
        using var tape = new Tape(_team, training: true);
        Tensor x = tape.Input("x", 2, 8, gradient: true);
        Tensor head = tape.Input("head", 10, 8, gradient: true);
        Loss loss = tape.CrossEntropy(x, head, tape.Tokens("targets", 2));
        tape.Compile();
        head.Value.Fill(1);
        x.Value[0] = float.NaN;

        tape.Forward();
        Assert.True(double.IsNaN(loss.Mean));

        x.Value[0] = float.PositiveInfinity;
        tape.Forward();
        Assert.True(double.IsNaN(loss.Mean));
        Assert.Contains(x.Gradient.ToArray(), float.IsNaN);
    }

    [Fact]
    public void Activations_do_not_swallow_what_is_not_a_number()
    {
        using var tape = new Tape(_team, training: false);
        Tensor x = tape.Input("x", 1, 33);
        Tensor[] outputs = [tape.Activate(x, Activation.Gelu), tape.Activate(x, Activation.GeluTanh), tape.Activate(x, Activation.ReluSquared), tape.SwiGlu(x, tape.Input("up", 1, 33)), tape.LayerNorm(x, x), tape.RmsNorm(x, x)];
        Array.ForEach(outputs, tape.Output);
        tape.Compile();
        x.Value[4] = x.Value[32] = float.NaN;

        tape.Forward();

        Assert.All(outputs, output => Assert.True(float.IsNaN(output.Value[4]) && float.IsNaN(output.Value[32]), $"{output}"));
    }

    [Fact]
    public void Tokens_outside_the_vocabulary_are_named_with_their_position()
    {
        using var tape = new Tape(_team, training: true);
        TokenBuffer tokens = tape.Tokens("tokens", 4);
        TokenBuffer targets = tape.Tokens("targets", 4);
        Tensor table = tape.Input("table", 10, 8, gradient: true);
        tape.CrossEntropy(tape.Embedding(tokens, table), table, targets);
        tape.Compile();

        tokens.Span[2] = 10;
        Assert.Contains("token 10 at position 2", Assert.Throws<ArgumentOutOfRangeException>(tape.Forward).Message, StringComparison.Ordinal);
        tokens.Span[2] = 9;
        targets.Span[3] = -2;
        Assert.Contains("target -2 at position 3", Assert.Throws<ArgumentOutOfRangeException>(tape.Forward).Message, StringComparison.Ordinal);
        targets.Span[3] = -1;
        tape.Forward();
    }

    [Fact]
    public void A_recomputed_block_runs_again_as_far_as_its_backward_reads()
    {
        using var tape = new Tape(_team, training: true);
        Tensor x = tape.Input("x", 2, 16, gradient: true);
        var inner = new CountingSquare(x);
        CountingSquare? outer = null;
        Tensor y = tape.Recomputed(() => tape.Record(outer = new CountingSquare(tape.Record(inner).Output)).Output);
        tape.Seed(y);
        tape.Compile();
        x.Value.Fill(3);

        tape.Forward();
        y.Gradient.Fill(1);
        tape.Backward();

        // The outer one's backward reads what the inner one makes; nobody's reads what the outer one makes.
        Assert.Equal((2, 1, 1, 1), (inner.Forwards, inner.Backwards, outer!.Forwards, outer.Backwards));
        Assert.All(x.Gradient.ToArray(), value => Assert.Equal(4 * 27, value));
    }

    [Fact]
    public void A_recomputed_block_that_no_gradient_reaches_runs_once()
    {
        using var tape = new Tape(_team, training: true);
        var inner = new CountingSquare(tape.Input("x", 2, 16, gradient: true));
        tape.Recomputed(() => tape.Record(new CountingSquare(tape.Record(inner).Output)).Output);
        tape.Compile();

        tape.Forward();
        Assert.Contains("leads to a loss or a seeded tensor", Assert.Throws<InvalidOperationException>(tape.Backward).Message, StringComparison.Ordinal);

        Assert.Equal((1, 0), (inner.Forwards, inner.Backwards));
    }

    [Fact]
    public void An_inference_tape_recomputes_nothing()
    {
        using var tape = new Tape(_team, training: false);
        var inner = new CountingSquare(tape.Input("x", 2, 16));
        tape.Recomputed(() => tape.Record(inner).Output);
        tape.Compile();

        tape.Forward();

        Assert.Equal(1, inner.Forwards);
        Assert.Equal(1, tape.MemoryPlan.Buffers.Max(buffer => buffer.Lives.Count));
    }

    [Fact]
    public void A_recomputed_block_holds_no_loss_and_no_other_block()
    {
        using var tape = new Tape(_team, training: true);
        Tensor x = tape.Input("x", 2, 16, gradient: true);
        TokenBuffer targets = tape.Tokens("targets", 2);
        Assert.Contains("cannot run twice; cross-entropy", Assert.Throws<InvalidOperationException>(() => tape.Recomputed(() =>
        {
            tape.CrossEntropy(x, x, targets);
            return x;
        })).Message, StringComparison.Ordinal);
        Assert.Contains("no other one", Assert.Throws<InvalidOperationException>(
            () => tape.Recomputed(() => tape.Recomputed(() => tape.Activate(x, Activation.Gelu)))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_backward_run_follows_a_forward_run()
    {
        using var tape = new Tape(_team, training: true);
        Tensor x = tape.Input("x", 1, 4, gradient: true);
        Tensor y = tape.Add(x, x);
        tape.Seed(y);
        tape.Compile();
        Assert.Contains("follows a forward run", Assert.Throws<InvalidOperationException>(tape.Backward).Message, StringComparison.Ordinal);

        tape.Forward();
        tape.Backward();

        Assert.Throws<InvalidOperationException>(tape.Backward);
    }

    [Fact]
    public void A_state_outlives_runs_and_changes_once_a_step_though_its_block_runs_twice()
    {
        using var tape = new Tape(_team, training: true);
        Tensor count = tape.State("count", 1, 1);
        Tensor x = tape.Input("x", 2, 3, gradient: true);
        Counter counter = new(x, count);
        Tensor y = tape.Recomputed(() => tape.Record(new CountingSquare(tape.Record(counter).Output)).Output);
        tape.Seed(y);
        count.Value[0] = 40;
        tape.Compile();

        for (int step = 0; step < 2; step++)
        {
            tape.Forward();
            tape.Backward();
        }

        Assert.Equal([TapePhase.Forward, TapePhase.Recompute, TapePhase.Backward, TapePhase.Forward, TapePhase.Recompute, TapePhase.Backward], counter.Phases);
        Assert.Equal(42, count.Value[0]);
        Assert.Throws<InvalidOperationException>(() => count.Gradient.Length);
    }

    [Fact]
    public unsafe void Gradients_are_told_in_the_order_in_which_they_are_final()
    {
        using var tape = new Tape(_team, training: true);
        Tensor early = Vector("early"), late = Vector("late"), twice = Vector("twice"), unused = Vector("unused");
        Tensor x = tape.Input("x", 1, 4);
        Tensor y = tape.Add(tape.Add(tape.Add(x, twice), early), late);
        Tensor z = tape.Add(y, twice);
        tape.Seed(z);
        _ = unused;
        tape.Compile();
        tape.Forward();
        z.Gradient.Fill(1);

        List<(string Name, float Gradient)> told = [];
        tape.Backward(parameter => told.Add((parameter.Name, parameter.Gradient.Span[0])));

        Assert.Equal([("late", 1f), ("early", 1f), ("twice", 2f)], told);

        Tensor Vector(string name) => tape.Parameter(new MuonSharp.Optimizers.Parameter(
            name, [4], MuonSharp.Optimizers.ParameterRole.Gain, MuonSharp.Optimizers.MemoryBlock.Of(new float[4]), MuonSharp.Optimizers.MemoryBlock.Of(new float[4])));
    }

    /// <summary>y = x, and counts the forward runs of steps.</summary>
    private sealed class Counter(Tensor x, Tensor count) : Operation("counter")
    {
        private GradientSlot? _gradient;

        public Tensor Output { get; private set; } = null!;

        public List<TapePhase> Phases { get; } = [];

        protected internal override void Declare(OperationPlan plan)
        {
            plan.Reads(x);
            Output = plan.Writes(x.Rows, x.Columns);
            _gradient = plan.Gradient(x);
        }

        protected internal override void Forward(in TapeRun run)
        {
            Phases.Add(run.Phase);
            run.Value(x).CopyTo(run.Value(Output));
            count.Value[0] += run.Phase == TapePhase.Forward ? 1 : 0;
        }

        protected internal override void Backward(in TapeRun run)
        {
            Phases.Add(run.Phase);
            _gradient!.Add(run.Gradient(Output));
        }
    }
}
