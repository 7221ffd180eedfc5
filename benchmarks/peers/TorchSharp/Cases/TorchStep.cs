using MuonSharp.Nn;
using MuonSharp.Optimizers;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;
using Tensor = TorchSharp.torch.Tensor;

namespace MuonSharp.Peers;

/// <summary>A training step of a language model in TorchSharp: forward, backward, update, on random tokens.</summary>
/// <remarks>Forms: with AdamW <c>library</c>, TorchSharp's own optimizer, or <c>in-place</c>, <see cref="TorchAdamW"/>; with Muon <c>float32</c> or <c>bfloat16</c>, the precision of its
/// Newton-Schulz steps.</remarks>
internal sealed class TorchStep : IWork
{
    private readonly TorchDecoder _decoder;
    private readonly List<TorchMuon?> _muon = [];
    private readonly List<TorchAdamW?> _adam = [];
    private readonly optim.Optimizer? _library;
    private readonly Tensor _inputs, _targets;
    private readonly LanguageShape _shape;

    /// <summary>A model with the weights that ours has at first.</summary>
    public TorchStep(LanguageShape shape, string optimizer, string form)
    {
        if (!Forms(optimizer, bfloat16: true).Contains(form, StringComparer.Ordinal))
        {
            throw new ArgumentException($"[peer] a step with {optimizer} is written as {string.Join(" or ", Forms(optimizer, bfloat16: true))}; '{form}' came");
        }

        _shape = shape;
        using (LanguageModel model = new(shape.Model, seed: 1, gradients: false))
        {
            _decoder = new TorchDecoder(model, trains: true);
            foreach ((Parameter parameter, Tensor weight) in model.Parameters.Parameters.Zip(_decoder.Parameters))
            {
                bool muon = optimizer == "muon" && parameter.Role == ParameterRole.Matrix;
                _muon.Add(muon ? new TorchMuon(weight, Options(parameter, form)) : null);
                _adam.Add(muon || form == "library" ? null : new TorchAdamW(weight));
            }
        }

        int count = shape.Batch * shape.Time;
        int[] tokens = Weights.Below("tokens", shape.Model.Vocabulary, count + 1);
        _inputs = Weights.Of(tokens.AsSpan(0, count), shape.Batch, shape.Time);
        _targets = Weights.Of(tokens.AsSpan(1), count);
        _library = form == "library"
            ? optim.AdamW(_decoder.Parameters.Cast<global::TorchSharp.Modules.Parameter>(), TorchAdamW.Rate, TorchAdamW.Beta1, TorchAdamW.Beta2, TorchAdamW.Epsilon, 0) : null;
    }

    /// <summary>Our parameters, in the order of the gradients.</summary>
    public TorchDecoder Decoder => _decoder;

    /// <summary>The ways to write it.</summary>
    /// <param name="optimizer">adamw or muon.</param>
    /// <param name="bfloat16">Whether the processor multiplies such numbers; emulated, they are far slower.</param>
    /// <exception cref="ArgumentException">There is no such optimizer.</exception>
    public static IReadOnlyList<string> Forms(string optimizer, bool bfloat16) => optimizer switch
    {
        "adamw" => ["in-place", "library"],
        "muon" => bfloat16 ? ["float32", "bfloat16"] : ["float32"],
        _ => throw new ArgumentException($"[peer] a step is updated by adamw or muon; '{optimizer}' came"),
    };

    /// <inheritdoc/>
    public void Run()
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor _, IList<Tensor> gradients) = Gradients();
        Update(gradients);
    }

    /// <summary>Forward and backward: the mean loss, and the gradient of each parameter.</summary>
    public (Tensor Loss, IList<Tensor> Gradients) Gradients()
    {
        Tensor loss = Forward();
        return (loss, autograd.grad([loss], [.. _decoder.Parameters]));
    }

    /// <summary>The update.</summary>
    public void Update(IList<Tensor> gradients)
    {
        if (_library is not null)
        {
            for (int i = 0; i < gradients.Count; i++)
            {
                _decoder.Parameters[i].grad = gradients[i];
            }

            _library.step();
            return;
        }

        using IDisposable frozen = no_grad();
        for (int i = 0; i < gradients.Count; i++)
        {
            _muon[i]?.Step(gradients[i]);
            _adam[i]?.Step(gradients[i]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _library?.Dispose();
        _muon.ForEach(muon => muon?.Dispose());
        _adam.ForEach(adam => adam?.Dispose());
        _decoder.Dispose();
        _inputs.Dispose();
        _targets.Dispose();
    }

    /// <summary>The loss; what only the backward run needs is its own.</summary>
    private Tensor Forward()
    {
        using DisposeScope scope = NewDisposeScope();
        (long batch, long time, long width) = (_shape.Batch, _shape.Time, _decoder.Width);
        Tensor x = _decoder.Embed(_inputs).add(_decoder.Positions.narrow(0, 0, time));
        foreach (TorchBlock block in _decoder.Blocks)
        {
            x = Block(x, block, batch, time, width);
        }

        Tensor logits = F.linear(_decoder.Norm(x, _decoder.FinalNorm), _decoder.Tokens);
        return F.cross_entropy(logits.view(batch * time, -1), _targets).MoveToOuterDisposeScope();
    }

    private Tensor Block(Tensor x, TorchBlock block, long batch, long time, long width)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] parts = F.linear(_decoder.Norm(x, block.AttentionNorm), block.Fused.Weight, block.Fused.Bias).chunk(3, 2);
        Tensor[] heads = [.. parts.Select(part => part.view(batch, time, _decoder.Heads, -1).transpose(1, 2))];
        Tensor attention = F.scaled_dot_product_attention(heads[0], heads[1], heads[2], is_casual: true).transpose(1, 2).reshape(batch, time, width);
        x = x.add(F.linear(attention, block.Output.Weight, block.Output.Bias));
        Tensor hidden = _decoder.Activate(F.linear(_decoder.Norm(x, block.FeedForwardNorm), block.Up.Weight, block.Up.Bias));
        return x.add(F.linear(hidden, block.Down.Weight, block.Down.Bias)).MoveToOuterDisposeScope();
    }

    private static TorchMuonOptions Options(Parameter parameter, string form) => TorchMuonOptions.Original with
    {
        Parts = parameter.Matrices.Length,
        Type = form == "bfloat16" ? ScalarType.BFloat16 : ScalarType.Float32,
    };
}
