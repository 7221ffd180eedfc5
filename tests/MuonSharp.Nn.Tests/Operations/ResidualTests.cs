using MuonSharp.Nn.Tests.Reference;

namespace MuonSharp.Nn.Tests.Operations;

public class ResidualTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 17)]
    [InlineData(65, 130)]
    public void Adds_and_passes_the_gradient_to_both(int rows, int width)
    {
        foreach (bool shared in new[] { false, true })
        {
            using OperationRig rig = new(rows, shared: shared);
            double[] a = rig.Random(rows * width), b = rig.Random(rows * width), dy = rig.Random(rows * width);
            (Tensor left, Tensor leftInput) = rig.Activation("a", rows, a);
            (Tensor right, Tensor rightInput) = rig.Activation("b", rows, b);
            rig.Expect("a", leftInput, dy);
            rig.Expect("b", rightInput, dy);
            rig.Run(rig.Tape.Add(left, right), ReferenceActivation.Map(a, b, (x, y) => x + y), dy, 1e-6);
        }
    }

    [Fact]
    public void A_tensor_added_to_itself_receives_the_gradient_twice()
    {
        using OperationRig rig = new();
        double[] a = rig.Random(35), dy = rig.Random(35);
        (Tensor x, Tensor input) = rig.Activation("a", 5, a);
        rig.Expect("a", input, [.. dy.Select(d => 2 * d)]);
        rig.Run(rig.Tape.Add(x, x), [.. a.Select(v => 2 * v)], dy, 1e-6);
    }

    /// <summary>Three readers, of which some could work in place and none may.</summary>
    [Fact]
    public void A_tensor_with_several_readers_collects_all_their_gradients()
    {
        const int Rows = 9, Width = 21;
        using OperationRig rig = new();
        double[] a = rig.Random(Rows * Width), w = rig.Random(Width * Width, 0.2), dy = rig.Random(Rows * Width);
        (Tensor x, Tensor input) = rig.Activation("a", Rows, a);
        Tensor weight = rig.Parameter("weight", Width, w);
        Tensor y = rig.Tape.Add(rig.Tape.Add(rig.Tape.Activate(x, Activation.Gelu), rig.Tape.Activate(x, Activation.ReluSquared)), rig.Tape.Linear(x, weight));
        double[] linear = ReferenceLinear.Forward(a, w, null, Rows, Width, Width), dLinear = ReferenceLinear.BackwardInput(dy, w, Rows, Width, Width);
        double[] expected = ReferenceActivation.Map(a, linear, (v, l) => ReferenceActivation.Gelu(v) + ReferenceActivation.ReluSquared(v) + l);
        double[] pointwise = ReferenceActivation.Map(dy, a, (d, v) => d * (ReferenceActivation.GeluDerivative(v) + ReferenceActivation.ReluSquaredDerivative(v)));
        rig.Expect("a", input, ReferenceActivation.Map(pointwise, dLinear, (p, l) => p + l));
        rig.Expect("weight", weight, ReferenceLinear.BackwardWeight(dy, a, Rows, Width, Width));
        rig.Run(y, expected, dy, 1e-5);
    }
}
