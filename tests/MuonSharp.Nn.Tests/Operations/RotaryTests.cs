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
            using OperationRig rig = new(time, shared: shared);
            double[] x = rig.Random(batch * time * heads * headWidth), dy = rig.Random(x.Length);
            (Tensor activation, Tensor input) = rig.Activation("x", batch * time, x);
            Tensor y = rig.Tape.Rotary(activation, time, headWidth, theta);
            rig.Expect("x", input, ReferenceRotary.Turn(dy, batch, time, heads, headWidth, theta, -1));
            rig.Run(y, ReferenceRotary.Turn(x, batch, time, heads, headWidth, theta, 1), dy, 2e-6);
        }
    }

    [Fact]
    public void Angles_stay_exact_at_late_positions()
    {
        // 4096 positions at frequency 1: an angle accumulated or rounded in float32 would be off by 1e-4.
        using OperationRig rig = new(9, training: false);
        double[] x = rig.Random(4096 * 4);
        (Tensor activation, _) = rig.Activation("x", 4096, x);
        rig.RunForward(rig.Tape.Rotary(activation, 4096, 4), ReferenceRotary.Turn(x, 1, 4096, 1, 4, 10000, 1), 2e-6);
    }
}
