using MuonSharp.Nn.Tests.Reference;

namespace MuonSharp.Nn.Tests.Operations;

public class RotaryTests
{
    [Theory]
    [InlineData(1, 1, 1, 2, 10000)]
    [InlineData(1, 5, 1, 6, 10000)]
    [InlineData(3, 7, 2, 16, 10000)]
    [InlineData(2, 65, 3, 30, 500000)]
    [InlineData(1, 130, 1, 64, 10000)]
    public void Turns_pairs_by_their_position_and_back(int batch, int time, int heads, int headWidth, double theta)
    {
        foreach (bool shared in new[] { false, true })
        {
            using OperationRig rig = new(time, shared: shared) { Sequences = new(batch, time) };
            double[] x = rig.Random(batch * time * heads * headWidth), dy = rig.Random(x.Length);
            (Tensor activation, Tensor input) = rig.Activation("x", batch * time, x);
            Tensor y = rig.Tape.Rotary(activation, headWidth, theta);
            rig.Expect("x", input, ReferenceRotary.Turn(dy, ReferenceEmbedding.Positions(batch, time), heads, headWidth, theta, -1));
            rig.Run(y, ReferenceRotary.Turn(x, ReferenceEmbedding.Positions(batch, time), heads, headWidth, theta, 1), dy, 2e-6);
        }
    }

    /// <summary>Written positions, two heads' ranges apart with columns between, either pairing, numbers and a magnitude of one's own; two rotations, one table.</summary>
    [Theory]
    [InlineData(RotaryPairing.Halves)]
    [InlineData(RotaryPairing.Interleaved)]
    public void Turns_a_range_of_each_head_by_written_positions(RotaryPairing pairing)
    {
        const int Rows = 6, Columns = 90, Pairs = 17;
        foreach (bool shared in new[] { false, true })
        {
            using OperationRig rig = new(4, shared: shared);
            TokenBuffer positions = rig.Tape.Tokens("positions", Rows);
            int[] places = [7, 8, 0, 1, 2, 0];
            places.CopyTo(positions.Span);
            double[] radians = [.. Enumerable.Range(0, Pairs).Select(i => 1.3 / (i + 1))];
            double[] x = rig.Random(Rows * Columns), dy = rig.Random(x.Length);
            Tensor input = rig.Tape.Input("x", new Sequences(2, 3) { Positions = positions, Context = 9 }, Columns, gradient: true);
            Tensor reader = shared ? input : rig.Tape.Add(input, rig.Tape.Input("zeros", Rows, Columns));
            Tensor Turned() => rig.Tape.Rotary(reader, 2, new HeadColumns(3, 2 * Pairs, 2 * Pairs + 5), new RotaryFrequencies([.. radians], 1.5), pairing);
            Tensor y = Turned();
            if (shared) _ = Turned();
            rig.Tape.Output(y);
            rig.Tape.Seed(y);
            rig.Compile();
            Agreement.ToFloats(x).CopyTo(input.Value);
            rig.Tape.Forward();
            Agreement.Within("output", Turn(x, 1), y.Value, 2e-6);
            Agreement.ToFloats(dy).CopyTo(y.Gradient);
            rig.Backward();
            Agreement.Within("gradient", Turn(dy, -1), input.Gradient, 2e-6, 1);
            Assert.Equal(1, rig.Tape.MemoryPlan.Buffers.Count(buffer => buffer.Name.EndsWith("cosines", StringComparison.Ordinal)));

            double[] Turn(double[] from, int direction)
            {
                double[] to = [.. from];
                for (int row = 0; row < Rows; row++)
                    for (int head = 0; head < 2; head++)
                        for (int i = 0; i < Pairs; i++)
                        {
                            int at = (row * Columns) + 3 + (head * ((2 * Pairs) + 5));
                            (int u, int v) = pairing == RotaryPairing.Halves ? (at + i, at + i + Pairs) : (at + (2 * i), at + (2 * i) + 1);
                            (double sine, double cosine) = Math.SinCos(direction * places[row] * radians[i]);
                            to[u] = 1.5 * ((from[u] * cosine) - (from[v] * sine));
                            to[v] = 1.5 * ((from[v] * cosine) + (from[u] * sine));
                        }
                return to;
            }
        }
    }

    [Fact]
    public void Angles_stay_exact_at_late_positions()
    {
        // 4096 positions at frequency 1: an angle accumulated or rounded in float32 would be off by 1e-4.
        using OperationRig rig = new(9, training: false) { Sequences = new(1, 4096) };
        double[] x = rig.Random(4096 * 4);
        (Tensor activation, _) = rig.Activation("x", 4096, x);
        rig.RunForward(rig.Tape.Rotary(activation, 4), ReferenceRotary.Turn(x, ReferenceEmbedding.Positions(1, 4096), 1, 4, 10000, 1), 2e-6);
    }
}
