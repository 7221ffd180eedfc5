using MuonSharp.Optimizers;
using TorchSharp;
using static TorchSharp.torch;
using Modules = TorchSharp.Modules;

namespace MuonSharp.TorchSharp;

/// <summary>A parameter at work: its rule, its state, and what the step at hand does with it.</summary>
internal sealed class TensorSlot(string name, Modules.Parameter parameter, TensorUpdate update, UpdateState state, UpdateOptions options)
{
    public string Name => name;

    public Modules.Parameter Parameter => parameter;

    public TensorUpdate Update => update;

    public UpdateState State => state;

    /// <summary>The gradient of this step; null when it has none and counts as zero.</summary>
    public Tensor? Gradient { get; private set; }

    /// <summary>The numbers of this step.</summary>
    public StepValues Values { get; private set; }

    /// <summary>Whether the step updates the parameter.</summary>
    public bool IsActive { get; private set; }

    /// <summary>Float32 in the processor's memory without gaps, as the kernels read it.</summary>
    public bool FitsKernels => Fits(parameter) && state.First.dtype == ScalarType.Float32 && (Gradient is null || Gradient.dtype == ScalarType.Float32);

    /// <summary>Looks at the gradient and the group's numbers. Nothing changes yet.</summary>
    /// <exception cref="InvalidOperationException">The parameter was disposed, moved away from its state, or has a sparse gradient.</exception>
    public void Begin()
    {
        if (parameter.IsInvalid)
        {
            throw new InvalidOperationException($"[{update.Options.OptimizerName}] parameters outlive their optimizer; '{name}' was disposed with its module");
        }

        if (parameter.device.type != state.First.device.type || parameter.device.index != state.First.device.index)
        {
            throw new InvalidOperationException($"[{update.Options.OptimizerName}] state lies where its parameter does; '{name}' is on {parameter.device}, its state on {state.First.device}: "
                + "call the optimizer's to(device), or make it after the module has moved");
        }

        Gradient = parameter.requires_grad ? parameter.grad : null;
        if (Gradient is { is_sparse: true })
        {
            throw new InvalidOperationException($"[{update.Options.OptimizerName}] gradients are dense; that of '{name}' is sparse");
        }

        MissingGradient missing = update.Options.MissingGradient;
        IsActive = parameter.requires_grad && (Gradient is not null || missing != MissingGradient.Skip);
        bool spared = Gradient is null && missing == MissingGradient.ZeroWithoutDecay;
        Values = new StepValues(options.LearningRate!.Value, spared ? 0 : options.weight_decay!.Value, options.momentum!.Value);
    }

    /// <summary>Lets go of the gradient.</summary>
    public void End() => Gradient = null;

    private static bool Fits(Tensor tensor) =>
        tensor.device.type == DeviceType.CPU && tensor.dtype == ScalarType.Float32 && tensor.is_contiguous() && tensor.numel() <= int.MaxValue / sizeof(float);
}
