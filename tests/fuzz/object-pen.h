#pragma once

#include "object-stage.h"

G_BEGIN_DECLS

/** ObjectPen: somebody who writes an object, and checks all that he is told. */
typedef struct _ObjectPen ObjectPen;

/** ObjectPenAct: what he does the next time he is told something, from inside */
typedef enum {
    OBJECT_PEN_NOTHING,
    OBJECT_PEN_APPENDS,
    OBJECT_PEN_LEAVES,
    OBJECT_PEN_DROPS,
    OBJECT_PEN_LETS_GO,
    OBJECT_PEN_BEGINS_ANEW, /* the same upload */
    OBJECT_PEN_REMOVES,     /* the object, if it is there */
    OBJECT_PEN_N_ACTS
} ObjectPenAct;

/** object_pen_new: Returns: (nullable): where the store refuses, which is checked, too */
ObjectPen *object_pen_new(ObjectStage *stage, const ObjectContent *content, guint64 size,
                          const char *key, const char *address);
void object_pen_free(ObjectPen *self);

void object_pen_append(ObjectPen *self, gsize len, gboolean lies);
void object_pen_append_too_much(ObjectPen *self);
void object_pen_leave(ObjectPen *self);
void object_pen_drop(ObjectPen *self);
/** object_pen_let_go: of the last reference */
void object_pen_let_go(ObjectPen *self);
void object_pen_set_act(ObjectPen *self, ObjectPenAct act);

/** object_pen_is_over: it is told nothing more */
gboolean object_pen_is_over(const ObjectPen *self);

G_END_DECLS
