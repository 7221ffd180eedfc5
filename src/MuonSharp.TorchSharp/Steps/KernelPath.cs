using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;
using static TorchSharp.torch;

namespace MuonSharp.TorchSharp;

/// <summary>The kernels of MuonSharp over the memory of tensors: nothing is copied but a gradient with gaps.</summary>
/// <remarks>Lists of work and scratch are made for the parameters that fit and kept until others do.</remarks>
internal sealed unsafe class KernelPath : IDisposable
{
    private TensorSlot[] _slots = [];
    private WorkerTeam? _team;
    private MuonUpdate? _muon;
    private ElementwiseUpdate<AdamWRule, AdamWOptions>? _adamw;

    /// <summary>Steps the active ones of some parameters that fit; the caller has a scope.</summary>
    public void Run(TensorSlot[] slots, OrthogonalizationTally tally)
    {
        if (!slots.AsSpan().SequenceEqual(_slots))
        {
            Prepare(slots);
        }

        foreach (TensorSlot slot in slots)
        {
            TensorUpdate update = slot.Update;
            update.IsActive = slot.IsActive;
            if (slot.IsActive)
            {
                (update.Values, update.Count) = (slot.Values, slot.State.step);
                update.Weights = Address(slot.Parameter);
                update.Gradient = slot.Gradient is null ? null : Address(slot.Gradient.contiguous());
                update.FirstState = Address(slot.State.First);
                update.SecondState = slot.State.Second is null ? null : Address(slot.State.Second);
            }
        }

        if (_muon is not null)
        {
            tally.Add(_muon.Run());
        }

        _adamw?.Run();
    }

    public void Dispose()
    {
        _muon?.Dispose();
        _team?.Dispose();
        (_muon, _team, _adamw, _slots) = (null, null, null, []);
    }

    private static float* Address(Tensor tensor) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));

    private void Prepare(TensorSlot[] slots)
    {
        if (_team?.Threads != get_num_threads())
        {
            _team?.Dispose();
            _team = new WorkerTeam(get_num_threads());
        }

        _muon?.Dispose();
        TensorUpdate[] muon = [.. slots.Select(static slot => slot.Update).Where(static update => update.Options is MuonOptions)];
        TensorUpdate[] adamw = [.. slots.Select(static slot => slot.Update).Where(static update => update.Options is AdamWOptions)];
        _muon = muon.Length > 0 ? new MuonUpdate(muon, _team!) : null;
        _adamw = adamw.Length > 0 ? new ElementwiseUpdate<AdamWRule, AdamWOptions>(adamw, _team!) : null;
        _slots = slots;
    }
}
