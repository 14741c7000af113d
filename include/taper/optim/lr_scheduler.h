#pragma once

#include "taper/optim/lr_compound.h"
#include "taper/optim/lr_cycles.h"
#include "taper/optim/lr_decays.h"
#include "taper/optim/lr_plateau.h"
#include "taper/optim/lr_scheduler_base.h"

/// Schedules of learning rates (torch.optim.lr_scheduler), with PyTorch's arithmetic in double: the same rates to the
/// bit. A scheduler sets the rates of an optimizer's groups when it is made (epoch 0) and at each step():
///
///     optim::SGD optimizer(model.parameters(), {.lr = 0.1});
///     optim::lr_scheduler::StepLR scheduler(optimizer, 30, {.gamma = 0.1});
///     for (int epoch = 0; epoch < 100; ++epoch) {
///       train(model, optimizer);
///       scheduler.step();
///     }
///
/// The optimizer may be moved. Where it goes first, the scheduler's steps are a StateError. `last_epoch` other than -1
/// resumes: the groups must have their initial_lr, as a loaded optimizer has (StateError). `verbose` prints each rate
/// to standard output. ValueError for arguments outside their range and for a step whose rate would not be finite,
/// which changes nothing.
namespace taper::optim::lr_scheduler {}
