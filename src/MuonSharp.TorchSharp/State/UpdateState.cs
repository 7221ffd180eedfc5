using MuonSharp.Optimizers;
using TorchSharp;
using static TorchSharp.torch;
using Modules = TorchSharp.Modules;
using OptimizerState = TorchSharp.Modules.OptimizerState;

namespace MuonSharp.TorchSharp;

/// <summary>What an optimizer keeps of one parameter: how often it was updated, and up to two tensors that begin at zero.</summary>
/// <remarks>The same whichever path a step takes, so a state that was saved after steps of kernels goes on in torch operations.</remarks>
public abstract class UpdateState : OptimizerState, IDisposable
{
    private Tensor? _first;
    private Tensor? _second;

    private protected UpdateState(Modules.Parameter parameter, TensorUpdate update, ScalarType type)
        : base(parameter) => (Update, Type) = (update, type);

    /// <summary>Updates so far.</summary>
    public long step { get; private set; }

    internal Tensor First => _first!;

    internal Tensor? Second => _second;

    /// <summary>The parameter's shape, matrices and rule.</summary>
    private protected TensorUpdate Update { get; }

    /// <summary>The state's type.</summary>
    private protected ScalarType Type { get; }

    /// <summary>The shape of the second tensor; null when there is none.</summary>
    private protected abstract long[]? SecondShape { get; }

    /// <summary>The type of the second tensor.</summary>
    private protected virtual ScalarType SecondType => Type;

    /// <inheritdoc/>
    public override void Initialize(Modules.OptimizerOptions options)
    {
        Free();
        step = 0;
        _first = zeros(_parameter.shape, Type, _parameter.device).DetachFromDisposeScope();
        _second = SecondShape is { } shape ? zeros(shape, SecondType, _parameter.device).DetachFromDisposeScope() : null;
    }

    /// <inheritdoc/>
    public override void SaveStateDict(BinaryWriter writer)
    {
        writer.Write(step);
        First.Save(writer);
        SaveConditionalStateTensor(writer, _second);
    }

    /// <summary>Reads what was saved.</summary>
    /// <param name="reader">Where it stands.</param>
    /// <exception cref="InvalidDataException">What was saved has another shape, type, or number of tensors.</exception>
    public override void LoadStateDict(BinaryReader reader)
    {
        step = reader.ReadInt64();
        using (DisposeScope scope = NewDisposeScope())
        {
            Read(reader, First);
            if (reader.ReadBoolean() != _second is not null)
            {
                throw new InvalidDataException($"[load_state_dict] a state has as many tensors as its preset asks for; {(_second is null ? "one too many" : "one too few")} in the file");
            }

            if (_second is not null)
            {
                Read(reader, _second);
            }
        }
    }

    /// <summary>Copies another state.</summary>
    /// <param name="source">A state of the same kind.</param>
    /// <exception cref="ArgumentException">It is of another kind or shape.</exception>
    public override void LoadStateDict(OptimizerState source)
    {
        if (source is not UpdateState other || other.GetType() != GetType()
            || !other.First.shape.AsSpan().SequenceEqual(First.shape) || other._second is null != _second is null)
        {
            throw new ArgumentException($"[load_state_dict] a state goes to a parameter of its own shape and optimizer; {source.GetType().Name} came for {GetType().Name} "
                + $"[{string.Join(", ", First.shape)}]");
        }

        using IDisposable quiet = no_grad();
        step = other.step;
        First.copy_(other.First);
        _second?.copy_(other._second!);
    }

    /// <inheritdoc/>
    public override bool ApproximatelyEquals(OptimizerState other) => other is UpdateState state && state.GetType() == GetType() && state.step == step
        && First.allclose(state.First) && (_second is null || (state._second is not null && _second.allclose(state._second)));

    /// <summary>Moves the state to a device.</summary>
    /// <param name="device">Where to.</param>
    public override void to(Device device)
    {
        _first = Moved(_first!, device);
        _second = _second is null ? null : Moved(_second, device);
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    internal void Count() => step++;

    private static void Read(BinaryReader reader, Tensor target)
    {
        Tensor? read = null;
        TensorExtensionMethods.Load(ref read!, reader);
        if (read.dtype != target.dtype || !read.shape.AsSpan().SequenceEqual(target.shape))
        {
            throw new InvalidDataException($"[load_state_dict] a state of {target.dtype} [{string.Join(", ", target.shape)}] is expected; "
                + $"{read.dtype} [{string.Join(", ", read.shape)}] is in the file");
        }

        target.copy_(read);
    }

    private static Tensor Moved(Tensor tensor, Device device)
    {
        Tensor moved = tensor.to(device).DetachFromDisposeScope();
        if (!ReferenceEquals(moved, tensor))
        {
            tensor.Dispose();
        }

        return moved;
    }

    private void Free()
    {
        _first?.Dispose();
        _second?.Dispose();
    }
}
