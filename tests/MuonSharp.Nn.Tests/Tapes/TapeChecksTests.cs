using MuonSharp.Numerics;

namespace MuonSharp.Nn.Tests.Tapes;

/// <summary>Each mistake that an operation of one's own can make is named by the checking mode, and what is right passes with the same bits.</summary>
public sealed class TapeChecksTests : IDisposable
{
    private readonly WorkerTeam _team = new(2);

    public enum Mistake
    {
        /// <summary>Right.</summary>
        None,

        /// <summary>The backward run reads x, which was not declared for it.</summary>
        ReadsUndeclared,

        /// <summary>The backward run ignores that others contribute.</summary>
        Overwrites,

        /// <summary>The backward run adds to what nobody wrote.</summary>
        AddsFirst,

        /// <summary>The last element is never written.</summary>
        LeavesOutput,

        /// <summary>The last element of the gradient is never written.</summary>
        LeavesGradient,

        /// <summary>The forward run changes its input.</summary>
        WritesInput,

        /// <summary>One element too many.</summary>
        WritesBehind,
    }

    public void Dispose() => _team.Dispose();

    [Theory]
    [InlineData(Mistake.ReadsUndeclared, false, "(inBackward: true)")]
    [InlineData(Mistake.Overwrites, true, "it overwrites the gradient of")]
    [InlineData(Mistake.AddsFirst, false, "adds where it is the first")]
    [InlineData(Mistake.LeavesOutput, false, "its forward leaves NaN in square")]
    [InlineData(Mistake.LeavesGradient, false, "its backward leaves NaN in the gradient of")]
    [InlineData(Mistake.WritesInput, false, "declares only to read")]
    [InlineData(Mistake.WritesBehind, false, "behind the end of square, 15 floats")]
    public void A_mistake_is_named(Mistake mistake, bool secondReader, string message)
    {
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => Run(mistake, secondReader, checks: true));
        Assert.StartsWith("[tape check] square: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_right_passes(bool secondReader) =>
        Assert.Equal(Run(Mistake.None, secondReader, checks: false), Run(Mistake.None, secondReader, checks: true));

    [Fact]
    public void A_network_has_the_same_bits_with_and_without_checks()
    {
        (float[] gradient, float[] head, float[] output) = Network(checks: false);
        (float[] gradientChecked, float[] headChecked, float[] outputChecked) = Network(checks: true);

        Assert.Contains(gradient, value => value != 0);
        Assert.Equal(gradient, gradientChecked);
        Assert.Equal(head, headChecked);
        Assert.Equal(output, outputChecked);
    }

    [Fact]
    public void What_the_user_feeds_may_be_nan()
    {
        using var tape = new Tape(_team, training: false) { Checks = true };
        Tensor x = tape.Input("x", 1, 4);
        Tensor y = tape.Add(x, x);
        tape.Output(y);
        tape.Compile();
        x.Value.Fill(float.NaN);

        tape.Forward();

        Assert.All(y.Value.ToArray(), value => Assert.True(float.IsNaN(value)));
    }

    private float[] Run(Mistake mistake, bool secondReader, bool checks)
    {
        using var tape = new Tape(_team, training: true) { Checks = checks };
        Tensor input = tape.Input("input", 3, 5, gradient: true);
        Tensor zeros = tape.Input("zeros", 3, 5);
        Tensor x = tape.Add(input, zeros);
        Tensor y = tape.Record(new Square(x, mistake)).Output;
        Tensor z = secondReader ? tape.Add(y, x) : tape.Add(y, zeros);
        tape.Seed(z);
        tape.Compile();
        input.Value.Fill(3);
        tape.Forward();
        z.Gradient.Fill(1);
        tape.Backward();
        return input.Gradient.ToArray();
    }

    private (float[] Gradient, float[] Head, float[] Output) Network(bool checks)
    {
        const int Rows = 12, Width = 16, Vocabulary = 11;
        using var tape = new Tape(_team, training: true) { Checks = checks };
        Tensor x = tape.Input("x", new Sequences(2, Rows / 2), Width, gradient: true);
        Tensor weight = tape.Input("weight", 3 * Width, Width, gradient: true);
        Tensor gain = tape.Input("gain", 1, Width, gradient: true);
        Tensor head = tape.Input("head", Vocabulary, Width, gradient: true);
        TokenBuffer targets = tape.Tokens("targets", Rows);
        Tensor stream = x;
        for (int block = 0; block < 2; block++)
        {
            Tensor entry = stream;
            stream = tape.Recomputed(() =>
            {
                Tensor fused = tape.Linear(tape.RmsNorm(entry, gain), weight);
                Tensor mixed = tape.Attention(fused, new AttentionShape { Heads = 2, HeadWidth = Width / 2 }).Output;
                return tape.Add(entry, tape.Dropout(mixed, 0.2, new RandomStream(5, "d")));
            });
        }

        tape.Output(stream);
        tape.CrossEntropy(stream, head, targets);
        tape.Compile();
        new RandomStream(1, "x").FillNormal(x.Value, 0, 0);
        new RandomStream(1, "weight").FillNormal(weight.Value, 0, 0);
        new RandomStream(1, "head").FillNormal(head.Value, 0, 0);
        gain.Value.Fill(1);
        for (int i = 0; i < Rows; i++)
        {
            targets.Span[i] = i % Vocabulary;
        }

        tape.Forward();
        tape.Backward();
        return (x.Gradient.ToArray(), head.Gradient.ToArray(), stream.Value.ToArray());
    }

    private sealed unsafe class Square(Tensor x, Mistake mistake) : Operation("square")
    {
        private GradientSlot? _gradient;

        public Tensor Output { get; private set; } = null!;

        protected internal override void Declare(OperationPlan plan)
        {
            plan.Reads(x, inBackward: mistake != Mistake.ReadsUndeclared);
            Output = plan.Writes(x.Rows, x.Columns);
            _gradient = plan.Gradient(x);
        }

        protected internal override void Forward(in TapeRun run)
        {
            int length = (int)x.Length + (mistake == Mistake.LeavesOutput ? -1 : mistake == Mistake.WritesBehind ? 1 : 0);
            for (int i = 0; i < length; i++)
            {
                Output.Data[i] = i < x.Length ? x.Data[i] * x.Data[i] : 0;
            }

            if (mistake == Mistake.WritesInput)
            {
                x.Data[0] = 7;
            }
        }

        protected internal override void Backward(in TapeRun run)
        {
            bool add = mistake switch { Mistake.Overwrites => false, Mistake.AddsFirst => true, _ => _gradient!.Accumulates };
            for (int i = 0; i < x.Length - (mistake == Mistake.LeavesGradient ? 1 : 0); i++)
            {
                float mine = 2 * x.Data[i] * Output.GradientData[i];
                _gradient!.Data[i] = add ? _gradient.Data[i] + mine : mine;
            }
        }
    }
}
