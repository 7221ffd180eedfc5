using TorchSharp;
using static TorchSharp.torch;

namespace MuonSharp.TorchSharp;

/// <summary>One step over all groups: what is asked is looked at first, then kernels and torch operations each step what is theirs.</summary>
internal sealed class MuonStepper : IDisposable
{
    private readonly KernelPath _kernels = new();
    private long _steps;

    /// <summary>Steps everything; the caller has switched gradients off and opened a scope.</summary>
    /// <param name="slots">All parameters.</param>
    /// <param name="useKernels">Whether kernels may be used where tensors fit.</param>
    /// <param name="skipNonFinite">Whether gradients are looked at before anything changes.</param>
    /// <param name="wantsReport">Whether to report.</param>
    /// <returns>The report, if it was asked for.</returns>
    public MuonStepReport? Run(IReadOnlyList<TensorSlot> slots, bool useKernels, bool skipNonFinite, bool wantsReport)
    {
        _steps++;
        foreach (TensorSlot slot in slots)
        {
            slot.Begin();
        }

        double norm = skipNonFinite || wantsReport ? GradientNorm(slots) : 0;
        bool skipped = skipNonFinite && !double.IsFinite(norm);
        MuonStepReport? report = wantsReport ? new MuonStepReport { Step = _steps, Skipped = skipped, GradientNorm = norm } : null;
        if (!skipped)
        {
            report = Update(slots, useKernels, report);
        }

        foreach (TensorSlot slot in slots)
        {
            slot.End();
        }

        return report;
    }

    /// <summary>Frees lists of work, scratch and threads.</summary>
    public void Dispose() => _kernels.Dispose();

    private static double GradientNorm(IReadOnlyList<TensorSlot> slots)
    {
        double sum = 0;
        foreach (IGrouping<(DeviceType Type, int Index), TensorSlot> device in slots.Where(static slot => slot.Gradient is not null)
            .GroupBy(static slot => (slot.Gradient!.device.type, slot.Gradient.device.index)))
        {
            // One number comes back from each device.
            Tensor[] norms = [.. device.Select(static slot => slot.Gradient!.to(ScalarType.Float32).norm())];
            double norm = stack(norms).norm().item<float>();
            sum += norm * norm;
        }

        return Math.Sqrt(sum);
    }

    private MuonStepReport? Update(IReadOnlyList<TensorSlot> slots, bool useKernels, MuonStepReport? report)
    {
        TensorSlot[] onKernels = [.. slots.Where(slot => useKernels && slot.FitsKernels)];
        TensorSlot[] inTorch = onKernels.Length == slots.Count ? [] : [.. slots.Except(onKernels)];
        foreach (TensorSlot slot in slots)
        {
            if (slot.IsActive)
            {
                slot.State.Count();
            }
        }

        var tally = new OrthogonalizationTally();
        List<Tensor>? squares = report is null ? null : [];
        if (onKernels.Length > 0)
        {
            _kernels.Run(onKernels, tally);
        }

        TorchPath.Run(inTorch, tally, squares);
        return report is null ? null : Filled(report, onKernels, inTorch, tally, squares!);
    }

    private static MuonStepReport Filled(MuonStepReport report, TensorSlot[] onKernels, TensorSlot[] inTorch, OrthogonalizationTally tally, List<Tensor> squares)
    {
        double sum = onKernels.Where(static slot => slot.IsActive).Sum(static slot => slot.Update.SquaredChange);
        foreach (Tensor square in squares)
        {
            sum += square.item<float>();
            square.Dispose();
        }

        long elements = onKernels.Concat(inTorch).Where(static slot => slot.IsActive).Sum(static slot => slot.Parameter.numel());
        return report with
        {
            UpdateRms = elements == 0 ? 0 : Math.Sqrt(sum / elements),
            OnKernels = onKernels.Count(static slot => slot.IsActive),
            InTorchOperations = inTorch.Count(static slot => slot.IsActive),
            MatricesOrthogonalized = tally.Matrices,
            PolesRaised = tally.PolesRaised,
            OrthogonalizationFallbacks = tally.FallBacks,
        };
    }
}
