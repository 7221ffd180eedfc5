using TorchSharp;
using static TorchSharp.torch;

namespace MuonSharp.Peers;

/// <summary>Muon in torch operations, as its author publishes it, for one weight.</summary>
/// <remarks>Source: KellerJordan/Muon, <c>muon.py</c>, and KellerJordan/cifar10-airbench, <c>airbench94_muon.py</c>; the code is our own.</remarks>
internal sealed class TorchMuon : IDisposable
{
    private const float A = 3.4445f, B = -4.7750f, C = 2.0315f;
    private const float Floor = 1e-7f;
    private readonly Tensor _weight, _momentum;
    private readonly TorchMuonOptions _options;

    /// <summary>Momentum at zero.</summary>
    public TorchMuon(Tensor weight, TorchMuonOptions options)
    {
        (_weight, _options) = (weight, options);
        _momentum = zeros_like(weight).detach();
    }

    /// <summary>Newton-Schulz steps towards the nearest orthogonal matrix.</summary>
    /// <param name="matrix">[rows, columns].</param>
    /// <param name="steps">How many.</param>
    /// <param name="type">Precision of the products.</param>
    public static Tensor Orthogonalize(Tensor matrix, int steps, ScalarType type)
    {
        using DisposeScope scope = NewDisposeScope();
        bool tall = matrix.shape[0] > matrix.shape[1];
        Tensor x = tall ? matrix.t() : matrix;
        x = x.to(type);
        x = x / (x.norm() + Floor);
        for (int step = 0; step < steps; step++)
        {
            Tensor gram = x.mm(x.t());
            x = x.addmm(gram.addmm(gram, gram, B, C), x, A, 1);
        }

        return (tall ? x.t() : x).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>A step.</summary>
    public void Step(Tensor gradient)
    {
        using DisposeScope scope = NewDisposeScope();
        float momentum = _options.Momentum;
        Tensor update;
        if (_options.Sums)
        {
            _momentum.mul_(momentum).add_(gradient);
            update = gradient.add(_momentum, momentum);
        }
        else
        {
            _momentum.mul_(momentum).add_(gradient, 1 - momentum);
            update = gradient.mul(1 - momentum).add_(_momentum, momentum);
        }

        if (_options.Normalizes)
        {
            _weight.mul_(MathF.Sqrt(_weight.shape[0]) / _weight.norm());
        }

        Tensor[] weights = _weight.chunk(_options.Parts), updates = update.chunk(_options.Parts);
        for (int part = 0; part < weights.Length; part++)
        {
            long rows = weights[part].shape[0], columns = weights[part].NumberOfElements / rows;
            Tensor direction = Orthogonalize(updates[part].reshape(rows, columns), _options.Steps, _options.Type);
            float scale = _options.ScalesByShape ? MathF.Sqrt(MathF.Max(1, (float)rows / columns)) : 1;
            weights[part].add_(direction.view_as(weights[part]), -_options.LearningRate * scale);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _momentum.Dispose();
}

/// <summary>The forms of <see cref="TorchMuon"/>.</summary>
/// <param name="LearningRate">The rate.</param>
/// <param name="Momentum">The momentum, with Nesterov's look-ahead.</param>
/// <param name="Steps">Newton-Schulz steps.</param>
internal sealed record TorchMuonOptions(float LearningRate, float Momentum, int Steps)
{
    /// <summary>That of airbench94: three steps, momentum as a sum, the filters renormalized before each step.</summary>
    public static TorchMuonOptions Airbench94 { get; } = new(0.24f, 0.6f, 3) { Sums = true, Normalizes = true };

    /// <summary>The original: five steps, momentum as a moving average, the update scaled by the matrix's shape.</summary>
    public static TorchMuonOptions Original { get; } = new(0.02f, 0.95f, 5) { ScalesByShape = true };

    /// <summary>Whether the momentum is a sum of gradients, and not their moving average.</summary>
    public bool Sums { get; init; }

    /// <summary>Whether weights are brought to a norm of √rows before each step.</summary>
    public bool Normalizes { get; init; }

    /// <summary>Whether updates are multiplied by √max(1, rows / columns).</summary>
    public bool ScalesByShape { get; init; }

    /// <summary>Matrices of equal size below each other in the weight.</summary>
    public int Parts { get; init; } = 1;

    /// <summary>Precision of the Newton-Schulz steps.</summary>
    public ScalarType Type { get; init; } = ScalarType.Float32;
}
