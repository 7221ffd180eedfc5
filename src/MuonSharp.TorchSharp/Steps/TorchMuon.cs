using MuonSharp.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace MuonSharp.TorchSharp;

/// <summary><see cref="Muon"/> in torch operations, for a stack of parameters that are alike.</summary>
internal static class TorchMuon
{
    /// <summary>Momentum, orthogonalize, normalize rows, apply.</summary>
    public static void Step(TensorSlot[] stack, OrthogonalizationTally tally, List<Tensor>? squares)
    {
        using DisposeScope scope = NewDisposeScope();
        TensorUpdate update = stack[0].Update;
        Tensor[] directions = Array.ConvertAll(stack, static slot => Direction(slot).contiguous());
        Tensor[] weights = Array.ConvertAll(stack, static slot => slot.Parameter.contiguous());
        foreach (IGrouping<(int Rows, int Columns, MatrixOrientation), int> alike in Enumerable.Range(0, update.Matrices.Length)
            .GroupBy(index => (update.Matrices[index].Rows, update.Matrices[index].Columns, update.Matrices[index].Orientation)))
        {
            Matrices(stack, [.. alike], directions, weights, tally, squares);
        }

        for (int i = 0; i < stack.Length; i++)
        {
            if (!stack[i].Parameter.is_contiguous())
            {
                stack[i].Parameter.copy_(weights[i]);
            }
        }
    }

    /// <summary>The matrices of one size of all parameters.</summary>
    private static void Matrices(TensorSlot[] stack, int[] indices, Tensor[] directions, Tensor[] weights, OrthogonalizationTally tally, List<Tensor>? squares)
    {
        using DisposeScope scope = NewDisposeScope();
        var options = (MuonOptions)stack[0].Update.Options;
        (int Parameter, int Matrix)[] places = [.. Enumerable.Range(0, stack.Length).SelectMany(parameter => indices.Select(matrix => (parameter, matrix)))];
        Tensor[] views = Array.ConvertAll(places, place => View(directions[place.Parameter], stack[place.Parameter].Update.Matrices[place.Matrix]));
        Tensor results = TorchOrthogonalizers.Run(options.Orthogonalizer, views.Length == 1 ? views[0].unsqueeze(0) : torch.stack(views), tally);
        if (options.RowNormalization is { } normalization)
        {
            results = TorchRowNormalization.Run(normalization, results, Array.ConvertAll(places, place => RowState(stack[place.Parameter], place.Matrix)), stack[0].Update.Matrices[indices[0]]);
        }

        for (int i = 0; i < places.Length; i++)
        {
            TensorSlot slot = stack[places[i].Parameter];
            MatrixSlice slice = slot.Update.Matrices[places[i].Matrix];
            Apply(slot, slice, View(weights[places[i].Parameter], slice), results[i], slot.Update.ScaleOf(places[i].Matrix), squares);
        }
    }

    /// <summary>m &lt;- keep·m + gain·g, u = fromMomentum·m + fromGradient·g.</summary>
    private static Tensor Direction(TensorSlot slot)
    {
        var options = (MuonOptions)slot.Update.Options;
        MomentumCoefficients c = options.Form.Coefficients(slot.Values.Momentum, options.Nesterov, slot.State.step);
        Tensor momentum = slot.State.First.mul_(c.Keep);
        Tensor? gradient = slot.Gradient?.to(momentum.dtype);
        if (options.Compat == MuonCompat.MlxCoupledDecay)
        {
            // wd p counts as a part of the gradient.
            Tensor decayed = slot.Parameter.to(momentum.dtype).mul(slot.Values.WeightDecay);
            gradient = gradient is null ? decayed : decayed.add_(gradient);
        }

        if (gradient is null)
        {
            return momentum.mul(c.FromMomentum);
        }

        momentum.add_(gradient, c.Gain);
        return c.FromGradient == 0 ? momentum.mul(c.FromMomentum) : momentum.mul(c.FromMomentum).add_(gradient, c.FromGradient);
    }

    private static void Apply(TensorSlot slot, in MatrixSlice slice, Tensor weights, Tensor result, double scale, List<Tensor>? squares)
    {
        var options = (MuonOptions)slot.Update.Options;
        double rate = slot.Values.LearningRate * scale;
        double decay = options.Compat == MuonCompat.MlxCoupledDecay ? 0 : slot.Values.LearningRate * slot.Values.WeightDecay;
        if (!options.NormalizeWeights)
        {
            TorchApply.Subtract(weights, result.to(slot.Parameter.dtype), rate, decay, squares);
            return;
        }

        // p <- p f (1 - decay) - rate X with f = sqrt(fan-out) / ||p||, 1 for a matrix of zeros.
        Tensor norm = Batch.Norm(weights.unsqueeze(0)).reshape([]);
        Tensor factor = where(norm.eq(0), ones_like(norm), norm.reciprocal().mul(Math.Sqrt(slice.FanOut)));
        Tensor share = factor.mul(decay - 1).add_(1).to(weights.dtype);
        TorchApply.Subtract(weights, weights.mul(share).add_(result.to(weights.dtype), rate), squares);
    }

    /// <summary>A matrix inside a tensor without gaps.</summary>
    private static Tensor View(Tensor tensor, in MatrixSlice slice) =>
        tensor.as_strided([slice.Rows, slice.Columns], [slice.RowStride, 1], tensor.storage_offset() + slice.Offset);

    private static Tensor RowState(TensorSlot slot, int matrix) =>
        slot.State.Second!.narrow(0, slot.Update.FirstOutputOf(matrix), slot.Update.Matrices[matrix].FanOut);
}
