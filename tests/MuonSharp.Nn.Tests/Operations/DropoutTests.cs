using MuonSharp.Nn.Tests.Reference;
using MuonSharp.Numerics;

namespace MuonSharp.Nn.Tests.Operations;

public class DropoutTests
{
    private static readonly RandomStream s_stream = new(7, "dropout");

    [Theory]
    [InlineData(1, 1, 1, 0.5)]
    [InlineData(2, 3, 17, 0.1)]
    [InlineData(3, 16, 65, 0.25)]
    [InlineData(1, 65, 300, 0.9)]
    public void Sets_to_zero_scales_the_rest_and_masks_the_gradient_alike(int batch, int time, int width, double probability)
    {
        foreach (bool shared in new[] { false, true })
        {
            double[] ones = [.. Enumerable.Repeat(1.0, batch * time * width)];
            bool[] kept = [.. Outputs(batch, time, width, probability, ones, step: 3, firstSample: 0).Select(v => v != 0)];
            using OperationRig rig = new(time, shared: shared) { Sequences = new(batch, time) };
            rig.Tape.Step = 3;
            double[] x = rig.Random(ones.Length), dy = rig.Random(ones.Length);
            (Tensor activation, Tensor input) = rig.Activation("x", batch * time, x);
            rig.Expect("x", input, ReferenceActivation.Dropout(dy, kept, probability));
            rig.Run(rig.Tape.Dropout(activation, probability, s_stream), ReferenceActivation.Dropout(x, kept, probability), dy, 1e-6);
        }
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.8)]
    public void Drops_the_stated_share_of_the_elements(double probability)
    {
        const int Count = 8 * 64 * 100;
        double[] ones = [.. Enumerable.Repeat(1.0, Count)];
        int dropped = Outputs(8, 64, 100, probability, ones, 1, 0).Count(v => v == 0);
        double spread = Math.Sqrt(Count * probability * (1 - probability));
        Assert.InRange(dropped, (Count * probability) - (5 * spread), (Count * probability) + (5 * spread));
    }

    /// <summary>One number at a time, by <see cref="RandomStream.At"/>: rows of more than one draw of 4,096 have keys of their own.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(77)]
    [InlineData(384)]
    [InlineData(4100)]
    public void Drops_the_elements_whose_numbers_are_below_the_probability(int width)
    {
        const int Time = 3, Draw = 4096;
        uint pieces = (uint)((width + Draw - 1) / Draw);
        float[] y = Outputs(2, Time, width, 0.3, [.. Enumerable.Repeat(1.0, 2 * Time * width)], step: 9, firstSample: 4);
        for (int row = 0; row < 2 * Time; row++)
        {
            for (int i = 0; i < width; i++)
            {
                uint number = s_stream.At(9, ((((uint)row + (4 * Time)) * pieces) + (uint)(i / Draw)), i % Draw);
                Assert.Equal(number < 0.3 * (1UL << 32) ? 0 : (float)(1 / 0.7), y[(row * width) + i]);
            }
        }
    }

    [Fact]
    public void The_mask_belongs_to_the_step_and_the_sample_and_not_to_the_place_in_the_batch()
    {
        const int Time = 4, Width = 50;
        double[] ones = [.. Enumerable.Repeat(1.0, 3 * Time * Width)];
        float[] first = Outputs(3, Time, Width, 0.5, ones, 5, 0), shifted = Outputs(3, Time, Width, 0.5, ones, 5, 1), next = Outputs(3, Time, Width, 0.5, ones, 6, 0);
        Assert.Equal(first[(Time * Width)..], shifted[..(2 * Time * Width)]);
        Assert.NotEqual(first[..(Time * Width)], first[(Time * Width)..(2 * Time * Width)]);
        Assert.NotEqual(first, next);
        Assert.Equal(first, Outputs(3, Time, Width, 0.5, ones, 5, 0));
    }

    [Fact]
    public void Inference_and_a_probability_of_zero_drop_nothing()
    {
        using OperationRig inference = new(training: false), training = new();
        (Tensor a, _) = inference.Activation("x", 2, new double[6]);
        (Tensor b, _) = training.Activation("x", 2, new double[6]);
        Assert.Same(a, inference.Tape.Dropout(a, 0.5, s_stream));
        Assert.Same(b, training.Tape.Dropout(b, 0, s_stream));
    }

    private static float[] Outputs(int batch, int time, int width, double probability, double[] x, ulong step, uint firstSample)
    {
        Assert.Equal(batch * time * width, x.Length);
        using OperationRig rig = new() { Sequences = new(batch, time) };
        rig.Tape.Step = step;
        rig.Tape.FirstSample = firstSample;
        (Tensor activation, _) = rig.Activation("x", batch * time, x);
        Tensor y = rig.Tape.Dropout(activation, probability, s_stream);
        rig.Tape.Output(y);
        rig.Tape.Compile();
        rig.Fill();
        rig.Tape.Forward();
        return y.Value.ToArray();
    }
}
